"""The emulator's process: which version, and whose."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.deploy import check
from local.emulator import check_version
from local.errors import LocalError
from local.lock import ProcessLock
from local.process import CHECKOUT, EmulatorProcess, environment, free_port
from local.stack import Stack
from tests.local.service import write_service


def test_the_installed_version_is_the_one_that_the_patches_fit() -> None:
    """The pinned emulator passes the check."""
    check_version(importlib.metadata.version("ministack"))


def test_another_version_is_refused_with_the_remedy() -> None:
    """A version that the patches do not fit is named, and so is what to do."""
    with pytest.raises(LocalError, match=r"ministack 1\.5\.34 .*make setup"):
        check_version("1.5.34")


def test_every_patch_is_applied() -> None:
    """No module of the patches is forgotten where they are put together."""
    folder = CHECKOUT / "local" / "patches"
    modules = {path.stem: path for path in folder.glob("*.py")} | {path.parent.name: path for path in folder.glob("*/__init__.py")}
    patching = {name for name, path in modules.items() if re.search(r"^def apply\(", path.read_text(), re.MULTILINE)}
    assert patching == set(re.findall(r"(\w+)\.apply\(", (folder / "__init__.py").read_text())) - {"gateway"}


@pytest.mark.parametrize("module", ["local.stack", "local.aws.ecs.task", "local.emulator", "local.__main__"])
def test_what_tests_and_commands_import_does_not_load_the_emulator(module: str) -> None:
    """The emulator writes files and starts threads when imported: only its own process may."""
    script = f"import sys, {module}; sys.exit('ministack.app' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, check=False).returncode == 0


def test_an_emulator_holds_the_lock_of_its_directory(stack: Stack) -> None:
    """The lock names the process that runs there."""
    assert ProcessLock(stack.state).holder() == stack.process.pid


def test_a_directory_where_nothing_runs_has_no_holder(tmp_path: Path) -> None:
    """A lock file left by a process that is gone means nothing."""
    (tmp_path / "emulator.pid").write_text("1")
    assert ProcessLock(tmp_path).holder() is None


def test_a_dead_emulator_is_told_with_its_last_words(tmp_path: Path) -> None:
    """An emulator that ends at once is reported with what it said."""
    holder = ProcessLock(tmp_path)
    assert holder.acquire()
    with pytest.raises(LocalError, match="another emulator runs"):
        EmulatorProcess(tmp_path).start(free_port(), owned=True)


def test_missing_npm_packages_are_told_with_the_remedy(tmp_path: Path) -> None:
    """Without osls the answer is `make setup`."""
    with pytest.raises(LocalError, match=r"osls is not installed .* run `make setup`"):
        check(write_service(tmp_path / "service"), osls=tmp_path / "osls")


def test_the_environment_of_the_caller_does_not_reach_the_emulator() -> None:
    """The emulator gets no AWS settings and no Python path from its caller."""
    names = set(environment(4566, Path("state")))
    assert not {name for name in names if name.startswith("AWS_")} | (names & {"PYTHONPATH", "HTTP_PROXY"})
