"""`python -m tests.simulation [--schedules N] [--seconds S] [--first SEED] [--processes P]`: run schedules, and report violations.

Exit code 1 if any invariant was violated; each violation prints its seed, and `--first SEED --schedules 1` replays it alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from tests.simulation.campaign import FEATURES, outcomes
from tests.simulation.mutants import MUTANTS
from tests.simulation.publishing import PUBLISH_MUTANTS

REPORT_EVERY = 30.0
"""Seconds between two lines of progress."""


def main(words: Sequence[str]) -> int:
    """Run the campaign and print its totals."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3_600.0)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--without", action="append", default=[], choices=sorted(FEATURES))
    parser.add_argument("--mutant", default="", choices=["", *MUTANTS, *PUBLISH_MUTANTS])
    parser.add_argument("--until-found", action="store_true", help="end at the first violation")
    asked = parser.parse_args(words)
    begun = time.monotonic()

    def seeds() -> Iterator[int]:
        for seed in range(asked.first, asked.first + asked.schedules):
            if time.monotonic() - begun >= asked.seconds:
                return
            yield seed

    schedules = steps = observations = inspections = violations = 0
    shown = begun
    for outcome in outcomes(seeds(), asked.processes, FEATURES - set(asked.without), asked.mutant):
        schedules, steps = schedules + 1, steps + outcome.steps
        observations, inspections = observations + outcome.observations, inspections + outcome.inspections
        if outcome.violation:
            violations += 1
            print(f"seed {outcome.seed}: {outcome.violation[:1000]}", flush=True)
            if asked.until_found:
                break
        if time.monotonic() - shown >= REPORT_EVERY:
            shown = time.monotonic()
            print(f"{shown - begun:.0f} s: {schedules} schedules, {observations} observations, {violations} violations", file=sys.stderr)
    print(
        f"{schedules} schedules, {observations} observations, {steps} steps, {inspections} comparisons of a counter with its rows, "
        f"{violations} violations, {time.monotonic() - begun:.0f} s"
    )
    return 1 if violations else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets belongs to a schedule
        sys.exit(
            subprocess.run(
                [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], env={**os.environ, "PYTHONHASHSEED": "0"}, check=False
            ).returncode
        )
    sys.exit(main(sys.argv[1:]))
