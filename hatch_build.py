"""Compiles the gettext catalogues (`.po` -> `.mo`).

Runs at every build and editable install, and as `python hatch_build.py`. Nothing compiled is
committed, so a catalogue can never be older than its source.
"""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCALES = Path(__file__).parent / "bot" / "locales"


def compile_catalogues(locales: Path = LOCALES) -> list[Path]:
    """The `.mo` files written, one beside each `.po` below `locales`."""
    written = []
    for source in sorted(locales.glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parts[-3])
        target = source.with_suffix(".mo")
        with target.open("wb") as binary:
            write_mo(binary, catalogue)
        written.append(target)
    return written


class CompileCatalogues(BuildHookInterface[Any]):
    """Hatch calls it before it collects the files of the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles all catalogues; hatch takes them in as `artifacts`."""
        compile_catalogues()


if __name__ == "__main__":
    compile_catalogues()
