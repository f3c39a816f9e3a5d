"""A program in a process of its own: its time from start to end, and its output. Where that is not enough, it measures itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from local.process import CHECKOUT


class Ran(msgspec.Struct, frozen=True):
    """The result of a process."""

    wall: float
    """Seconds from its start to its end."""
    output: str

    @property
    def told(self) -> dict[str, Any]:
        """The JSON object that it printed last."""
        found: dict[str, Any] = msgspec.json.decode(self.output.strip().splitlines()[-1])
        return found


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None, within: float = 120.0) -> Ran:
    """Run a program from the checkout.

    Raises:
        RuntimeError: it failed; the message has the end of its output.
        subprocess.TimeoutExpired: it did not end in time.
    """
    start = time.perf_counter()
    ended = subprocess.run(
        list(command),
        cwd=CHECKOUT,
        env=_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=within,
        check=False,
    )
    wall = time.perf_counter() - start
    if ended.returncode:
        said = ended.stderr[-2000:].decode(errors="replace")
        raise RuntimeError(f"{' '.join(command)[:200]} ended with {ended.returncode} after {wall:.1f} s: {said}")
    return Ran(wall, ended.stdout.decode(errors="replace"))


def python(*words: str, environment: Mapping[str, str] | None = None, within: float = 120.0) -> Ran:
    """Run this Python; errors as for `run`."""
    return run([sys.executable, *words], environment=environment, within=within)


FOREIGN = ("AWS_", "FARGATECOUNT_", "KUBE", "POWERTOOLS_", "MALLOC_", "PYTHON")
"""Prefixes of variables that distort a figure. Among them is PYTHONDONTWRITEBYTECODE: where it is set, every process compiles
modules without byte code, and the figure contains the compiler's time and memory."""


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **(more or {})}
