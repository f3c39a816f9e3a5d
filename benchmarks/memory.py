"""The peak memory of this process."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def peak() -> float:
    """Return the peak resident MiB since the program started."""
    if sys.platform == "linux":
        # Not ru_maxrss, which begins with the parent's value at the fork.
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
