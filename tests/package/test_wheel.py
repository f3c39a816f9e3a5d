"""The wheel: what people install without a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from fargatecount import __version__
from fargatecount.cli.root import COMMANDS
from tests.rules.tracked import ROOT, tracked

SECONDS = 120
"""Building and installing take about two."""
NAME = f"fargatecount-{__version__}"
RENDER = """
import sys
sys.path.insert(0, sys.argv[1])
import fargatecount.report.page.render as render
from tests.support.pages import a_day
assert render.__file__.startswith(sys.argv[1]), render.__file__
sys.stdout.write(render.html(a_day()))
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(Path(sys.executable), "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), folder=ROOT)
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="session")
def names(wheel: Path) -> set[str]:
    """Everything in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a fresh environment that has the wheel in it, and finds what it needs in the one of the tests."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False, symlinks=True)
    uv = Path(sys.executable).parent / "uv"
    run(uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(home / "bin" / "python"), str(wheel), folder=home)
    return home / "bin" / "fargatecount"


def run(program: Path, *arguments: str, folder: Path, fails: bool = False) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FARGATECOUNT_", "VIRTUAL_ENV"))}
    # The checkout itself is installed there by a link, which counts only in an environment's own folder: not on this path.
    environment = kept | {"PYTHONPATH": sysconfig.get_path("purelib")}
    done = subprocess.run(
        [str(program), *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done


def test_a_wheel_holds_the_package_and_nothing_else(names: set[str]) -> None:
    """Neither tests nor handlers, watcher, benchmarks or the embedded AWS end up among other people's packages; its data are man pages."""
    assert {name.split("/")[0] for name in names} == {"fargatecount", f"{NAME}.data", f"{NAME}.dist-info"}
    assert all(name.startswith(f"{NAME}.data/data/share/man/man1/fargatecount") for name in names if name.startswith(f"{NAME}.data"))


def test_a_wheel_holds_the_whole_package(names: set[str]) -> None:
    """Every file of it that is under version control."""
    package = {str(path) for path in tracked() if path.parts[0] == "fargatecount"}
    assert package - names == set()


def test_the_command_runs_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    """It is the installed one that runs, with all of its commands."""
    assert run(installed, "--version", folder=tmp_path).stdout.strip() == f"fargatecount, version {__version__}"
    out = run(installed, "--help", folder=tmp_path).stdout
    assert [name for name in COMMANDS if name not in out] == []
    where = run(installed.parent / "python", "-c", "import fargatecount; print(fargatecount.__file__)", folder=tmp_path).stdout
    assert where.startswith(str(installed.parents[1]))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there(installed: Path, tmp_path: Path, name: str) -> None:
    """None of them needs the checkout to say what it does."""
    assert f"Usage: fargatecount {name}" in run(installed, name, "--help", folder=tmp_path).stdout


def test_the_embedded_aws_needs_a_checkout_and_says_so(installed: Path, tmp_path: Path) -> None:
    """`fargatecount local` of an installed package names what is missing and what to do."""
    answer = run(installed, "local", "up", folder=tmp_path, fails=True)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "part of a checkout" in answer.stderr
    assert "make setup" in answer.stderr


def test_the_page_is_made_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """Its parts are found where the wheel has put them."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run([sys.executable, "-c", RENDER, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!doctype html>")
