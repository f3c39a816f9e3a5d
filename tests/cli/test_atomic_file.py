"""Files that are whole or not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fargatecount.cli.atomic_file import write_atomically
from fargatecount.errors import MisconfiguredError


def test_what_was_there_is_replaced(tmp_path: Path) -> None:
    """Nothing is left beside it."""
    path = tmp_path / "report.html"
    path.write_text("old")
    write_atomically(path, "new ü")
    assert [(file.name, file.read_text(encoding="utf-8")) for file in tmp_path.iterdir()] == [("report.html", "new ü")]


def test_a_new_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    """The user's own umask decides, as with every command that writes a file."""
    (tmp_path / "other").write_text("x")
    write_atomically(tmp_path / "report.html", "x")
    assert (tmp_path / "report.html").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is replaced."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "week.html").write_text("old")
    (tmp_path / "latest.html").symlink_to(tmp_path / "real" / "week.html")
    write_atomically(tmp_path / "latest.html", "new")
    assert (tmp_path / "latest.html").is_symlink()
    assert (tmp_path / "real" / "week.html").read_text() == "new"


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """The error names the file and what the system said; the old one is whole, and no half of a new one lies about."""
    path = tmp_path / "report.html"
    path.write_text("old")
    # A limit on the size of files is what a test may set of a full disk: the kernel stops the write in the middle in the same way.
    program = """
import resource, signal, sys
from pathlib import Path
from fargatecount.cli.atomic_file import write_atomically
from fargatecount.errors import MisconfiguredError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_atomically(Path(sys.argv[1]), "x" * 1_000_000)
except MisconfiguredError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"cannot write {path}: File too large\n"), done.stderr
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("report.html", "old")]


def test_an_interruption_leaves_what_was_there(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a write is passed on, and nothing half written is left."""
    path = tmp_path / "report.html"
    path.write_text("old")
    program = """
import os, signal, sys
from pathlib import Path
from fargatecount.cli.atomic_file import write_atomically
def interrupt(*arguments):
    if arguments[0] == "os.rename":
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(interrupt)
write_atomically(Path(sys.argv[1]), "new")
"""
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False, timeout=60)
    assert "KeyboardInterrupt" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() in {"old", "new"}


@pytest.mark.parametrize(("name", "why"), [("no/such/folder.html", "No such file"), ("", "is no file"), ("x" * 300, "File name too long")])
def test_what_cannot_be_written_is_named(tmp_path: Path, name: str, why: str) -> None:
    """With why, and that nothing has changed."""
    with pytest.raises(MisconfiguredError, match=why) as caught:
        write_atomically(tmp_path / name, "x")
    assert str(tmp_path / name) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_not_replaced() -> None:
    """A file of that name would take the place of the device."""
    with pytest.raises(MisconfiguredError, match="/dev/null is no file"):
        write_atomically(Path(os.devnull), "x")
