"""Starts the command line as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.builders import SCOPE

ROOT = Path(__file__).resolve().parents[2]


SECONDS = 60
"""A command starts in a fraction of one; the rest is for a machine that does much else."""


def command(*arguments: str, **changes: Any) -> subprocess.Popen[str]:
    """Start the command line as a process of its own, with an AWS that is the test's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FARGATECOUNT_"))}
    environment |= {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": SCOPE.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "FARGATECOUNT_TABLE": "ledger",
        "FARGATECOUNT_CONFIG": os.devnull,
    }
    environment |= changes.pop("environment", {})
    values: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True}
    return subprocess.Popen([sys.executable, "-m", "fargatecount.cli", *arguments], cwd=ROOT, env=environment, **values | changes)
