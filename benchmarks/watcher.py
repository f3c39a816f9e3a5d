"""The watcher's client compared with the official Kubernetes client: a list of 5,000 pods, and a watch with a change of each.

Both read the same prepared answers over TLS, in processes of their own and in turns; the official client's list is its typed one, page by
page, its watch is `Watch().stream`. Then the complete watcher process, set up as in its image. The server's time
is in neither's processor time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.child import Ran, python
from benchmarks.emulated import make_table, settings
from benchmarks.lines import Bar, Figure, Line, Progress
from local.process import CHECKOUT
from local.stack import Stack

PODS = 5000
RUNS = 3
WHOLE_RUNS = 2
OFFICIAL = "kubernetes-client/python"
LESS_CPU = Bar(30, at_least=True, of_ratio=True)
RESIDENT = Bar(60)


def measure(progress: Progress) -> list[Line]:
    """Return the watcher's lines.

    Raises:
        RuntimeError: a client failed, or read other pods than were served.
    """
    found: dict[tuple[str, str], list[Ran]] = {}
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (port, ca):
        for what in ("list", "watch"):
            for number in range(RUNS):
                for who in ("ours", "official"):
                    progress(f"{what}, run {number + 1} of {RUNS}, {who}")
                    ran = python("-m", "benchmarks.watcher_child", who, what, port, ca, within=300)
                    if ran.told["pods"] != PODS:
                        raise RuntimeError(f"{who} {what}: {ran.told['pods']} of {PODS} pods were read")
                    found.setdefault((what, who), []).append(ran)
        lines = [line for what in ("list", "watch") for line in _lines(what, found[what, "ours"], found[what, "official"])]
        return lines + _whole(port, ca, progress)


def _whole(port: str, ca: str, progress: Progress) -> list[Line]:
    told = []
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder)) as stack:
        for number in range(WHOLE_RUNS):
            progress(f"the complete process, run {number + 1} of {WHOLE_RUNS}")
            table = f"watched-{number}"
            make_table(stack.client("dynamodb"), table)
            environment = stack.environment() | settings(table) | of_image()
            told.append(python("-m", "benchmarks.watcher_whole", port, ca, str(PODS), environment=environment, within=300).told)
    return [
        Line(
            what=f"the complete watcher process, {PODS:,} pods: resident memory",
            figure=Figure.of([one["peak"] for one in told], "MiB"),
            bar=RESIDENT,
            note="two lists, changes of all pods between them, the image's settings",
        ),
        Line(
            what=f"the complete watcher process, {PODS:,} pods: from the start to all of them in the table",
            figure=Figure.of([one["listed"] for one in told], "s"),
            note="an empty table of the embedded AWS",
        ),
    ]


def of_image() -> dict[str, str]:
    """Return the variables that the image sets for the watcher, including those for the C library's memory."""
    lines = (CHECKOUT / "watcher" / "Dockerfile").read_text().splitlines()
    return dict(line.removeprefix("ENV ").split("=", 1) for line in lines if line.startswith("ENV "))


def _lines(what: str, ours: list[Ran], official: list[Ran]) -> Iterator[Line]:
    told = f"{PODS:,} pods {'listed' if what == 'list' else 'changed, reported by a watch'}"
    yield Line(
        what=f"{told}: processor time",
        figure=Figure.of([ran.told["cpu"] for ran in ours], "s"),
        baseline=Figure.of([ran.told["cpu"] for ran in official], "s"),
        baseline_is=f"{OFFICIAL}, {'typed list' if what == 'list' else 'Watch().stream'}",
        inverse=True,
        bar=LESS_CPU if what == "list" else None,
    )
    yield Line(
        what=f"{told}: resident memory of the client",
        figure=Figure.of([ran.told["peak"] for ran in ours], "MiB"),
        baseline=Figure.of([ran.told["peak"] for ran in official], "MiB"),
        baseline_is=OFFICIAL,
        inverse=True,
        bar=RESIDENT,
    )
    if what == "watch":
        yield Line(
            what="changes of pods read from a watch",
            figure=Figure.of([PODS / ran.told["wall"] for ran in ours], "/s"),
            baseline=Figure.of([PODS / ran.told["wall"] for ran in official], "/s"),
            baseline_is=OFFICIAL,
        )


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve the prepared answers; yields port and the file of the CA."""
    command = [sys.executable, "-m", "benchmarks.watcher_server", str(PODS)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"the prepared API server did not start: {' '.join(command)}")
            told = json.loads(line)
            ca = folder / "ca.pem"
            ca.write_text(told["ca"])
            yield str(told["port"]), str(ca)
        finally:
            process.kill()
