"""From RunTask in a member to the one message at the hub: `python -m benchmarks.organization_breach`, with `--readings`.

Two accounts with two Regions on the embedded AWS, deployed by the real templates. Each reading starts one task that crosses both levels of
the quota, and waits for the message on the hub's topic; then it stops the task and waits for the end of the breach. A member that has just
reported waits five seconds before it reports again: so each reading begins a second later in that cycle than the last. Delays of AWS itself
are not in these figures, because the emulator hands events on at once.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from local.faults import ON_DEMAND, SPOT
from local.hub_inbox import HubInbox
from local.organization import MEMBER_STACK, EmbeddedOrganization
from local.stack import Stack

READINGS = 12
IN_A_ROW = 3
"""Readings of one scope before the next has its turn."""
CYCLE = 5
"""Seconds between two reports of a scope at least (`metrics.cadence.AFTER_CHANGE`)."""
QUOTA = 4.0
TASK_CPU = 4096
"""One task of 4 vCPU fills the quota, and crosses both levels at once."""
PATIENCE = 90.0
"""Seconds: longer than the minute after which every scope reports in any case."""


def main(arguments: Sequence[str]) -> int:
    """Measure, and print one line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.organization_breach")
    parser.add_argument("--readings", type=int, default=READINGS)
    readings: int = parser.parse_args(arguments).readings
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="fargatecount-breach-") as directory, Stack(Path(directory)) as stack:
        stack.controls.set(quotas={ON_DEMAND: QUOTA, SPOT: QUOTA})
        organization = EmbeddedOrganization(stack)
        organization.deploy()
        organization.run(f"{MEMBER_STACK}-reconcile", *organization.places)  # which reads the quota
        inbox = HubInbox(organization)
        seconds = [measure(organization, inbox, number) for number in range(readings)]
    ordered = ", ".join(f"{each:.1f}" for each in sorted(seconds))
    sys.stdout.write(
        f"RunTask to the message at the hub: median {statistics.median(seconds):.1f} s, worst {max(seconds):.1f} s of {readings} readings"
        f" ({ordered}), load average {before:.1f} to {os.getloadavg()[0]:.1f}\n"
    )
    return 0


def measure(organization: EmbeddedOrganization, inbox: HubInbox, number: int) -> float:
    """Return the seconds of one reading; raises AssertionError if the breach is not announced exactly once, or does not end."""
    place = organization.places[number // IN_A_ROW % len(organization.places)]
    threading.Event().wait(number % (CYCLE + 1))
    known = len(inbox.breaches())
    began = time.monotonic()
    tasks = organization.start(place, "bench", 1, cpu=TASK_CPU)
    until(lambda: len(inbox.breaches()) > known, "the breach is announced")
    seconds = time.monotonic() - began
    organization.client("ecs", place).stop_task(cluster="bench", task=tasks[0])
    until(lambda: len(inbox.breaches()) > known + 1, "the end of the breach is announced")
    titles = [each["detail"]["chat"]["title"] for each in inbox.breaches()[known:]]
    assert len(titles) == 2, titles
    return seconds


def until(check: Callable[[], bool], what: str) -> None:
    """Wait until a condition is met."""
    idle, end = threading.Event(), time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        idle.wait(0.05)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
