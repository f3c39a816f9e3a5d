"""Published files are about the project only, and work on any machine."""

from __future__ import annotations

import re

import pytest

from tests.rules.tracked import ROOT, tracked

# Put together here, so that this file does not find itself.
PLACES = ["/" + "root/", "/" + "work/", r"(?<!\w)/home" + "/[a-z]", r"\.\./" + "shared", "(DESIGN|lessons|facts)" + r"\.md"]
ELSEWHERE = re.compile("|".join(PLACES))
SPARED = {".ci/run"}
"""It looks for the test control plane in its place on the build machine."""


def texts() -> list[str]:
    """Return the names of all files under version control that are text."""
    return [str(path) for path in tracked() if b"\0" not in (ROOT / path).read_bytes()[:8000]]


def test_no_file_names_a_place_of_some_machine() -> None:
    """A path of one machine means nothing on another."""
    found = [
        f"{name}:{number}"
        for name in texts()
        if name not in SPARED
        for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1)
        if ELSEWHERE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "name",
    [
        "package-lock.json",
        "tests/dynamodb_local/package-lock.json",
        "requirements-dev.txt",
        "requirements-docs.txt",
        "requirements-scan.txt",
        "requirements.txt",
        "pyproject.toml",
    ],
)
def test_packages_come_from_wherever_the_user_gets_them(name: str) -> None:
    """No lock file names the host of a registry other than the public one."""
    hosts = set(re.findall(r"https?://([^/\s\"']+)/[^\s\"']+\.(?:tgz|whl|tar\.gz)", (ROOT / name).read_text()))
    assert hosts <= {"registry.npmjs.org", "files.pythonhosted.org"}
