"""A real terminal for tests: a program in tmux, with keys sent to it and its screen read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.deadline import eventually

ROOT = Path(__file__).resolve().parents[2]
START = 30.0
"""Seconds until a screen must show what it begins with: it loads for one, the rest is for a busy machine."""


class Terminal:
    """One terminal."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    def run(self, *arguments: str) -> str:
        """Run a command of tmux; return its output, empty where the terminal is gone."""
        done = subprocess.run(["tmux", "-S", self._socket, *arguments], capture_output=True, text=True, check=False)
        return done.stdout

    @property
    def screen(self) -> str:
        """What is on the screen."""
        return self.run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Send keys by their names in tmux: `Enter`, `Escape`, `a`."""
        self.run("send-keys", *keys)

    def wait_for(self, text: str) -> str:
        """Return the screen once it shows a text."""
        eventually(lambda: text in self.screen, f"the screen shows {text!r}", within=START)
        return self.screen

    def is_open(self) -> bool:
        """Say whether the program still runs."""
        return bool(self.run("list-sessions"))


@contextmanager
def terminal(
    folder: Path, command: Sequence[str], *, columns: int = 80, lines: int = 24, environment: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run a program in a terminal of its own; skip the test where the machine has no tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("no tmux on this machine: apt-get install tmux")
    found = Terminal(str(folder / "tmux"))
    variables = [item for name, value in (environment or {}).items() for item in ("-e", f"{name}={value}")]
    subprocess.run(
        [
            "tmux",
            "-S",
            str(folder / "tmux"),
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            str(columns),
            "-y",
            str(lines),
            *variables,
            *command,
        ],
        check=True,
        cwd=ROOT,
        env={
            name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}
        },  # those of the machine that runs the tests
    )
    try:
        yield found
    finally:
        found.run("kill-server")
