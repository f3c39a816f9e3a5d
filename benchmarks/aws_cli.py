"""The AWS CLI as the original script uses it, in an environment of its own: it pins a botocore, and so does the emulator."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.child import run
from benchmarks.lines import Progress
from local.stack import DEFAULT_STATE, Stack

VERSION = "1.46.2"
TIMEOUT = 180
"""Seconds: 15 MB to fetch."""


def installed(progress: Progress) -> Path:
    """Return the `aws` command, installed on first use.

    Raises:
        RuntimeError: it cannot be installed.
    """
    home = DEFAULT_STATE / f"awscli-{VERSION}"
    command = home / "bin" / "aws"
    if not command.exists():
        progress(f"installing awscli {VERSION} into {home.relative_to(DEFAULT_STATE.parent)}")
        shutil.rmtree(home, ignore_errors=True)
        uv = Path(sys.executable).parent / "uv"
        _do([str(uv), "venv", "--quiet", "--python", sys.executable, str(home)])
        _do([str(uv), "pip", "install", "--quiet", "--compile-bytecode", "--python", str(home / "bin" / "python"), f"awscli=={VERSION}"])
    return command


def running_tasks(aws: Path, name: str, tasks: int, stack: Stack) -> float:
    """Count the running tasks of a cluster as the original script (https://github.com/mreferre/fargatecount) does; return the seconds."""
    query = "clusters[0].statistics[?name=='runningFargateTasksCount'].value"
    options = ["--include", "STATISTICS", "--query", query, "--endpoint-url", stack.endpoint, "--output", "text"]
    ran = run([str(aws), "ecs", "describe-clusters", "--clusters", name, *options], environment=stack.environment())
    assert ran.output.strip() == str(tasks), ran
    return ran.wall


def _do(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {result.stderr[-1000:]}")
