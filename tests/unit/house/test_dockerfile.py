"""What the image promises, read from the Dockerfile: no Docker engine runs where this was built."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[3]


def instructions() -> list[tuple[str, str]]:
    """Every instruction with its argument, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    words = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return [(name.upper(), re.sub(r"\s+", " ", argument)) for name, argument in words]


def stages() -> list[dict[str, list[str]]]:
    """Each stage's instructions by name."""
    found: list[dict[str, list[str]]] = []
    for name, argument in instructions():
        if name == "FROM":
            found.append({})
        found[-1].setdefault(name, []).append(argument)
    return found


def sources() -> list[str]:
    """What COPY takes from the build context."""
    copies = [copy.split() for stage in stages() for copy in stage["COPY"]]
    return [path for words in copies if "--from=build" not in words for path in words[:-1]]


def ignored(path: str) -> bool:
    """Whether `.dockerignore` keeps `path` out of the build; the last line that fits decides."""
    verdict = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and fnmatch(path, line.removeprefix("!")):
            verdict = not line.startswith("!")
    return verdict


def test_it_has_two_stages_and_the_second_takes_only_what_was_installed() -> None:
    build, image = stages()
    assert build["FROM"][0].endswith(" AS build")
    assert image["COPY"] == ["--from=build /opt/jobsync /opt/jobsync"]
    assert "pip" not in " ".join(image["RUN"])


def test_it_runs_as_a_user_that_a_host_can_see_is_not_root() -> None:
    (user,) = stages()[-1]["USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_it_runs_the_program_and_takes_another_command() -> None:
    image = stages()[-1]
    assert json.loads(image["ENTRYPOINT"][0]) == ["jobsync"]
    assert json.loads(image["CMD"][0]) == ["run"]


def test_its_health_is_asked_over_http() -> None:
    (check,) = stages()[-1]["HEALTHCHECK"]
    assert "/healthz" in check
    command = json.loads(check[check.index("CMD ") + len("CMD ") :])
    compile(command[2], "HEALTHCHECK", "exec")


def test_it_logs_json_and_listens_beyond_itself() -> None:
    variables = dict(pair.split("=", 1) for pair in stages()[-1]["ENV"][0].split(" "))
    assert (variables["LOG_FORMAT"], variables["HTTP_HOST"]) == ("json", "0.0.0.0")


def test_dependencies_are_installed_from_locks_with_hashes() -> None:
    installs = [
        command
        for line in stages()[0]["RUN"]
        for command in line.split("&&")
        if "pip install" in command
    ]
    assert installs
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)


def test_every_source_exists_and_is_not_ignored() -> None:
    assert sources()
    assert [path for path in sources() if not (ROOT / path).exists()] == []
    assert [path for path in sources() if ignored(path)] == []


def test_secrets_and_data_stay_outside() -> None:
    assert all(ignored(path) for path in (".env", ".data", ".git", ".venv", "tests"))
