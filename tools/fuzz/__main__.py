"""`python -m tools.fuzz`: fuzz every parser, print what was found, and exit with 1 if anything was."""

from __future__ import annotations

import argparse
import sys
import traceback

from tools.fuzz.run import input_of, run


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="number of inputs (default: %(default)s)")
    parser.add_argument("--seconds", type=float, help="stop after this time")
    parser.add_argument("--seed", type=int, default=1, help="seed of all inputs (default: %(default)s)")
    parser.add_argument("--start", type=int, default=0, help="number of the first input")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="run this input alone, with its traceback")
    options = parser.parse_args()
    if options.only is not None:
        return _replay(options.seed, options.only)
    result = run(seed=options.seed, inputs=options.inputs, seconds=options.seconds, start=options.start)
    for outcome, number in sorted(result.outcomes.items()):
        print(f"{number:>10,}  {outcome}")
    print(f"{result.inputs:,} inputs in {result.seconds:.0f} s: {result.inputs / max(result.seconds, 0.001):,.0f}/s", end="; ")
    print(f"the slowest took {result.slowest * 1000:.0f} ms; {len(result.failures)} different failures")
    for failure in result.failures:
        print(f"\n{failure.target}: {failure.error}\n  input: {failure.body[:300]!r}\n  replay: {failure.command}")
    return 1 if result.failures else 0


def _replay(seed: int, number: int) -> int:
    target, body = input_of(seed, number)
    print(f"{target.name}: {body!r}")
    try:
        print(target.run(body))
    except Exception:  # noqa: BLE001 - shown in full
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
