"""The machine's own speed: a fixed loop of the kind of work that the functions do, so that figures of two machines can be compared.

Half of the loop is JSON and half is arithmetic in Python; it never changes, and neither does its work depend on a library of the project.
"""

from __future__ import annotations

import json
import os
import platform
import time

from benchmarks.lines import Figure, Line, Progress

RUNS = 5
ROUNDS = 2_000
DOCUMENT = {"detail": {"version": 7, "lastStatus": "RUNNING", "attributes": [{"name": f"n{i}", "value": "v" * i} for i in range(20)]}}


def measure(progress: Progress) -> list[Line]:
    """Return the time of the loop."""
    progress("a fixed loop")
    return [
        Line(
            what="calibration: a fixed loop of JSON and arithmetic, processor time",
            figure=Figure.of([_seconds() * 1000 for _ in range(RUNS)], "ms"),
            note=f"{os.cpu_count()} processors, Python {platform.python_version()}, load average {os.getloadavg()[0]:.1f}; "
            "divide other figures by it before you compare machines",
        )
    ]


def _seconds() -> float:
    start = time.process_time()
    total = 0
    for number in range(ROUNDS):
        decoded = json.loads(json.dumps(DOCUMENT))
        total += sum(i * i for i in range(100)) + decoded["detail"]["version"] * number
    assert total
    return time.process_time() - start
