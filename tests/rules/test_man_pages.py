"""The man pages equal the commands' help, and roff has nothing to say against them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tools.man_pages import FOLDER, pages


def test_the_pages_are_the_commands() -> None:
    """docs/man has a page for each command and no other; `python -m tools.man_pages` writes them."""
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == pages()


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here")
def test_roff_has_no_warning() -> None:
    """Every request, escape and font in them exists."""
    done = subprocess.run(["groff", "-man", "-ww", "-z", *sorted(FOLDER.iterdir())], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
