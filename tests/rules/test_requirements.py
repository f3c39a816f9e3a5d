"""The pinned packages, and that the pins agree."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires

from packaging.requirements import Requirement

from tests.rules.tracked import ROOT
from tools.lock import FILES

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PIN = re.compile(r"[a-z0-9-]+==[^ ]+( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+")
RUNTIME = {"boto3", "botocore", "jmespath", "s3transfer", "urllib3", "python-dateutil", "six"}
"""Packages of the Lambda runtime: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html#python-sdk-included."""


def pins(name: str) -> dict[str, str]:
    """Return the pinned version of each requirement of a file."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    assert all(PIN.fullmatch(line) for line in lines), f"{name} has a line without a version or a hash: python -m tools.lock {name}"
    return dict(line.split(" ")[0].split("==") for line in lines)


def needed(requirements: list[str]) -> set[str]:
    """Return the names of requirements and of their own requirements, without those of the Lambda runtime."""
    names: set[str] = set()
    left = [Requirement(text) for text in requirements]
    while left:
        requirement = left.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if requirement.name in names | RUNTIME:
            continue
        names.add(requirement.name)
        left += [Requirement(text) for text in requires(requirement.name) or []]
    return names


def test_the_functions_carry_what_the_extra_asks_for() -> None:
    """requirements.txt, which goes into the zip, is the `lambda` extra with what it needs, no more and no less."""
    assert set(pins("requirements.txt")) == needed(PROJECT["project"]["optional-dependencies"]["lambda"])


def test_the_functions_carry_what_was_tested() -> None:
    """Every version in the zip is the version in the environment of the tests."""
    tested = pins("requirements-dev.txt")
    assert {name: tested.get(name) for name in pins("requirements.txt")} == pins("requirements.txt")


def test_the_pins_are_what_the_project_allows() -> None:
    """A pinned version lies within the range that pyproject.toml promises to users."""
    project = PROJECT["project"]
    asked = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    tested = pins("requirements-dev.txt")
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(tested[requirement.name]), requirement


def test_the_lock_files_hold_what_the_groups_ask_for() -> None:
    """Each tool of a group is in the lock file of the group, at the version of the group if it has one."""
    for group, requirements in PROJECT["dependency-groups"].items():
        pinned = pins(f"requirements-{group}.txt")
        for requirement in map(Requirement, requirements):
            assert requirement.specifier.contains(pinned[requirement.name.lower()]), requirement


def test_every_file_is_pinned_with_hashes() -> None:
    """A file that was replaced in the package index is refused, for the functions, the images and every environment of the developers."""
    for name in FILES:
        assert pins(name), name
