"""Each of the incidents that really happened has one test that bears its number."""

import re
from pathlib import Path


def test_all_fifteen_incidents_have_one_test_each() -> None:
    files = Path(__file__).parent.glob("test_*.py")
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    numbers = re.findall(r"^(?:async )?def test_incident_(\d\d)_", text, re.MULTILINE)
    assert sorted(numbers) == [f"{number:02}" for number in range(1, 16)]
