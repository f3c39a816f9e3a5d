"""Cold starts of a new Lambda environment and of the command line. Fresh interpreters, in turns.

The function is imported twice: from the checkout, where byte code is cached as it is for boto3, and from the unpacked zip, which holds no
byte code, as in Lambda. The libraries of the zip are then this machine's own, because the zip's are built for Lambda's.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.child import Ran, python
from benchmarks.lines import Bar, Figure, Line, Progress
from local.process import CHECKOUT
from tests.package.artefact import copy_sources, osls

RUNS = 15
WARM_UP = 2
"""Warm-up runs, after which the files are in the page cache and the byte code is written."""

TIMED = "import time; start = time.process_time(); import {}; print('{{\"seconds\": %f}}' % (time.process_time() - start))"
"""Processor time, which is nearly all of an import once the files are in memory, and which a busy machine distorts least. The import alone:
the start of the interpreter itself cannot be improved here."""
FUNCTION = "handlers.task_changed"
MEGABYTE = 1024 * 1024


def measure(progress: Progress) -> list[Line]:
    """Return the lines of all starts."""
    with tempfile.TemporaryDirectory() as temporary:
        progress("packaging for AWS and for this machine")
        size = _package(Path(temporary) / "aws", "prod").stat().st_size
        unpacked = Path(temporary) / "unpacked"
        with zipfile.ZipFile(_package(Path(temporary) / "local", "local")) as archive:
            archive.extractall(unpacked)
        progress("fresh interpreters")
        found = _in_turns(
            {
                "function": lambda: _imported(FUNCTION),
                "boto3": lambda: _imported("boto3"),
                "zip": lambda: _imported(FUNCTION, {"PYTHONPATH": str(unpacked), "PYTHONDONTWRITEBYTECODE": "1"}, unpacked),
                "help": lambda: python("-m", "fargatecount.cli", "--help").wall * 1000,
                "pass": lambda: python("-c", "pass").wall * 1000,
            }
        )
    boto3 = found["boto3"]
    return [
        Line(
            what=f"import {FUNCTION}, processor time",
            figure=found["function"],
            baseline=boto3,
            baseline_is="import boto3",
            bar=Bar(1.3, of_ratio=True),
        ),
        Line(
            what=f"import {FUNCTION} from the unpacked zip, no byte code, processor time",
            figure=found["zip"],
            baseline=boto3,
            baseline_is="import boto3",
        ),
        Line(what="fargatecount --help", figure=found["help"], baseline=found["pass"], baseline_is="python -c pass"),
        Line(what="zip for AWS, without botocore", figure=Figure.of([size / MEGABYTE], "MiB"), bar=Bar(4.0)),
    ]


def _package(directory: Path, stage: str) -> Path:
    copy_sources(directory)
    result = osls(directory, "package", "--package", "artefact", "--stage", stage)
    if result.returncode:
        raise RuntimeError(f"osls package --stage {stage} failed: {(result.stdout + result.stderr)[-1000:]}")
    return directory / "artefact" / "fargatecount.zip"


def _imported(module: str, environment: Mapping[str, str] | None = None, directory: Path = CHECKOUT) -> float:
    """Return the milliseconds of processor time to import a module in a fresh interpreter."""
    # The program itself puts the directory first: all runs start in the checkout.
    ran: Ran = python("-c", f"import sys; sys.path[0] = {str(directory)!r}; " + TIMED.format(module), environment=environment)
    return float(ran.told["seconds"]) * 1000


def _in_turns(works: Mapping[str, Callable[[], float]]) -> dict[str, Figure]:
    """Run each job once, then each once more, and so on: a disturbance affects all of them."""
    values: dict[str, list[float]] = {name: [] for name in works}
    for number in range(WARM_UP + RUNS):
        for name, work in works.items():
            taken = work()
            if number >= WARM_UP:
                values[name].append(taken)
    return {name: Figure.of(found, "ms") for name, found in values.items()}
