"""Vendored files equal the published ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.rules.tracked import ROOT

VENDORED = ROOT / "fargatecount" / "report" / "page" / "assets" / "uplot"
PUBLISHED = ROOT / "node_modules" / "uplot"
FILES = {"uPlot.iife.min.js": "dist/uPlot.iife.min.js", "uPlot.min.css": "dist/uPlot.min.css", "LICENSE": "LICENSE"}


def test_every_vendored_file_is_known() -> None:
    """The folder holds only the files that are compared."""
    assert {path.name for path in VENDORED.iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_the_chart_library_is_the_published_one(name: str) -> None:
    """Each file is that of the npm package to the byte; to update, change package.json, run `make setup`, and copy them again."""
    assert (VENDORED / name).read_bytes() == (PUBLISHED / FILES[name]).read_bytes()


def test_the_package_is_pinned_and_in_the_lock_file() -> None:
    """One version, by its hash, and the one that is installed."""
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]["uplot"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/uplot"]
    assert (wanted, locked["integrity"][:7]) == (locked["version"], "sha512-")
    assert json.loads((PUBLISHED / "package.json").read_text())["version"] == wanted
    assert f"v{wanted}" in (VENDORED / "uPlot.iife.min.js").read_text()[:100]


def test_the_license_is_kept() -> None:
    """MIT requires its text beside the code."""
    assert "MIT License" in Path(VENDORED / "LICENSE").read_text()
