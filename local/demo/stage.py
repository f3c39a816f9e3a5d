"""The output of the demo: its texts, the commands it shows, and what they print.

Every figure in it is printed by the `fargatecount` command or read from the emulator's ECS API; the demo itself counts nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from local.process import CHECKOUT
from local.stack import Stack

PAUSE = 0.2
"""Seconds between two checks."""
PATIENCE = 60.0
"""Seconds after which the demo fails because a step has not happened; on an idle machine it takes one or two."""


class DemoError(Exception):
    """A step of the demo did not happen, or had another result."""


class Stage:
    """The terminal of the demo."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._console = Console(highlight=False, soft_wrap=True)
        self._started = time.monotonic()
        self._environment = {k: v for k, v in os.environ.items() if k not in {"AWS_PROFILE", "AWS_SESSION_TOKEN"}}

    def act(self, title: str) -> None:
        """Print the title of an act."""
        seconds = time.monotonic() - self._started
        self._console.print(f"\n[bold cyan]━━ {escape(title)}[/] [dim]({seconds:.0f} s)[/]")

    def say(self, text: str) -> None:
        """Print a paragraph."""
        self._console.print(escape(text))

    def good(self, text: str) -> None:
        """Print a result that was checked."""
        self._console.print(f"[bold green]✓[/] {escape(text)}")

    def run(self, *words: str, expect: int = 0, environment: Mapping[str, str] | None = None) -> None:
        """Run a command, and print it with its output; `environment` leads to another account and Region.

        Raises:
            DemoError: the exit code is not the expected one.
        """
        self._console.print(f"[bold]$ fargatecount {escape(' '.join(words))}[/]")
        sys.stdout.flush()
        code = subprocess.run(self._command(words), cwd=CHECKOUT, env={**self._with_stack(), **(environment or {})}, check=False).returncode
        if code != expect:
            raise DemoError(f"`fargatecount {' '.join(words)}` exited with {code}, not {expect}")

    def ask(self, *words: str) -> str:
        """Return the output of a command, without printing it."""
        done = subprocess.run(self._command(words), cwd=CHECKOUT, env=self._with_stack(), check=False, capture_output=True, text=True)
        if done.returncode:
            raise DemoError(f"`fargatecount {' '.join(words)}` exited with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command that keeps running; the caller reads its stderr."""
        return subprocess.Popen(
            self._command(words), cwd=CHECKOUT, env=self._with_stack(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def until(self, what: str, check: Callable[[], Any]) -> float:
        """Wait until a condition is met; return the seconds that it took.

        Raises:
            DemoError: it was not met in time.
        """
        begun = time.monotonic()
        idle = threading.Event()
        while not check():
            if time.monotonic() - begun > PATIENCE:
                raise DemoError(f"not within {PATIENCE:.0f} s: {what}")
            idle.wait(PAUSE)
        return time.monotonic() - begun

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "fargatecount.cli", *words]

    def _with_stack(self) -> dict[str, str]:
        return {**self._environment, **self.stack.environment()}
