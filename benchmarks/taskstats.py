"""The sidecar beside one, three and ten containers: resident memory, processor time of an hour at 10 s, and bytes of log of a day.

A process of its own with every output (documents, metrics, /metrics), started as its image starts it, reads a real HTTP endpoint once a
second. Processor time is that between two readings, so the start is not in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.lines import Bar, Figure, Line, Progress
from tests.support.metadata_endpoint import UsedContainer, UsedTask, metadata_endpoint

ROOT = Path(__file__).parents[1]
CONTAINERS = (1, 3, 10)
READINGS = 15
RUNS = 3
AN_HOUR, A_DAY = 360, 8640
"""Readings at 10 s."""
QUARTER_VCPU = 0.25 * 3600
"""CPU seconds of the smallest task in an hour."""
MIB_BAR = Bar(25.0)
CPU_BAR = Bar(1.0)
"""Percent of a quarter vCPU."""


def measure(progress: Progress) -> list[Line]:
    """Return the lines of this part.

    Raises:
        OSError: there is no /proc: this part measures on Linux.
    """
    found: list[Line] = []
    for number in CONTAINERS:
        progress(f"{number} containers")
        runs = [_run(number) for _ in range(RUNS)]
        name = f"{number} container{'s' if number > 1 else ''}"
        found.append(Line(what=f"{name}: peak resident memory", figure=Figure.of([peak for peak, _ in runs], "MiB"), bar=MIB_BAR))
        hour = [cpu * AN_HOUR for _, cpu in runs]
        share = [100 * seconds / QUARTER_VCPU for seconds in hour]
        note = f"{Figure.of(hour, 's')} of processor time an hour at 10 s"
        found.append(Line(what=f"{name}: of a quarter vCPU; {note}", figure=Figure.of(share, "%"), bar=CPU_BAR))
        sizes = {word: _bytes(number, *options) * A_DAY / 1e6 for word, options in OUTPUTS.items()}
        found.append(Line(what=f"{name}: log of a day at 10 s, whole documents", figure=Figure.of([sizes["whole"]], "MB")))
        found.append(Line(what=f"{name}: log of a day, brief documents", figure=Figure.of([sizes["brief"]], "MB")))
        found.append(Line(what=f"{name}: log of a day, brief, one a minute", figure=Figure.of([sizes["brief"] / 6], "MB")))
        found.append(Line(what=f"{name}: log of a day, metrics alone", figure=Figure.of([sizes["metrics"]], "MB")))
    return found


OUTPUTS: dict[str, tuple[str, ...]] = {
    "whole": (),
    "brief": ("--brief",),
    "metrics": ("--sample", "0", "--metrics", "--service", "front"),
}


def _used(number: int) -> UsedTask:
    """Return a task under load, on cgroup v1, whose documents are the larger ones."""
    containers = [
        UsedContainer(f"{n:032x}-0123456789", f"container-{n}", user=1000.0 + n, kernel=500.0, has_all_raw_numbers=True)
        for n in range(number)
    ]
    used = UsedTask(containers, idle_before=100_000)
    used.advance(3600)
    for each in containers:
        each.user += 0.1
    return used


def _start(url: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-S", "-m", "taskstats", "--allow-any-endpoint", *options]
    environment = {"ECS_CONTAINER_METADATA_URI_V4": url, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def _bytes(number: int, *options: str) -> int:
    """Return the bytes of one reading, the second: the first knows no rates."""
    with metadata_endpoint(_used(number)) as url, _start(url, "--every", "1", *options) as process:
        assert process.stdout is not None
        lines = number if "--metrics" not in options else 1
        [process.stdout.readline() for _ in range(lines)]
        found = sum(len(process.stdout.readline().encode()) for _ in range(lines))
        process.terminate()
        return found


def _run(number: int) -> tuple[float, float]:
    """Return the peak in MiB and the processor seconds of one reading."""
    options = ("--every", "1", "--metrics", "--service", "front", "--listen", "127.0.0.1:0")
    with metadata_endpoint(_used(number)) as url, _start(url, *options) as process:
        assert process.stdout is not None
        before, readings = 0.0, -2  # the first two readings are the start: imports, first documents
        for line in process.stdout:
            if "_aws" in json.loads(line):
                readings += 1
                if readings == 0:
                    before = _seconds(process.pid)
                if readings == READINGS:
                    break
        spent = _seconds(process.pid) - before
        peak = int(next(line.split()[1] for line in _proc(process.pid, "status").splitlines() if line.startswith("VmHWM")))
        process.terminate()
        return peak / 1024, spent / READINGS


def _seconds(pid: int) -> float:
    """Return the processor time of a process: its scheduler's count of nanoseconds, where `stat` has hundredths of a second."""
    total = 0
    for thread in (Path("/proc") / str(pid) / "task").iterdir():
        total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def _proc(pid: int, name: str) -> str:
    return (Path("/proc") / str(pid) / name).read_text()
