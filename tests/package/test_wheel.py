"""The wheel that `pip install` and `pipx` get."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.package.artefact import ROOT

RENDER = """
import sys
sys.path.insert(0, sys.argv[1])
import fargatecount.page.render as render
from tests.pages import a_day
assert render.__file__.startswith(sys.argv[1]), render.__file__
sys.stdout.write(render.html(a_day()))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it from the sources alone, with the backend that pyproject.toml names."""
    directory = tmp_path_factory.mktemp("wheel")
    sources = directory / "sources"
    sources.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, sources / name)
    shutil.copytree(ROOT / "fargatecount", sources / "fargatecount", ignore=shutil.ignore_patterns("__pycache__"))
    program = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", program, str(directory)], cwd=sources, capture_output=True, text=True, check=False, timeout=120
    )
    assert built.returncode == 0, built.stderr
    return directory / built.stdout.splitlines()[-1]


def test_a_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every file of the package, the parts of the page among them, and no test, handler or watcher."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = (path for path in (ROOT / "fargatecount").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    ours = {str(path.relative_to(ROOT)) for path in files}
    assert names == ours
    assert "fargatecount/page/assets/uplot/LICENSE" in names


def test_the_page_is_made_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """Its parts are found where the wheel has put them."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run([sys.executable, "-c", RENDER, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!doctype html>")
