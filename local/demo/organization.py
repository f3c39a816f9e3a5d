"""The demo's act about an organization: two accounts with two Regions each, one message for a breach, and one scope that falls silent.

The hub and the members are deployed while earlier acts play, and one member is cut off at once: a silence takes more than a minute.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from local.demo.incident import QUOTAS
from local.demo.stage import Stage
from local.faults import ON_DEMAND
from local.hub_inbox import HubInbox
from local.organization import HUB_STACK, MEMBER_STACK, EmbeddedOrganization
from local.place import Place

SILENT = 1
"""The place that is cut off, and that of the breach."""
FULL = 3
TASK_VCPU = 16
"""The largest task of Fargate (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html)."""


class Rollout:
    """The organization, while it is being deployed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        stage.say("Beside it, and while the next acts play, an organization is deployed: a hub, and two accounts with two Regions each.")
        self._done: Future[tuple[EmbeddedOrganization, float]] = ThreadPoolExecutor(1).submit(self._deploy)

    def play(self) -> None:
        """Play the act; raises what the deployment has raised."""
        stage = self._stage
        stage.act("8. Two accounts, two Regions, one place to look")
        organization, cut_off = self._done.result()
        silent, full = organization.places[SILENT], organization.places[FULL]
        stage.good("deployed meanwhile by the real templates: a hub, and a member in each account and Region")
        inbox = HubInbox(organization)
        stage.say(f"A job fills the quota of account {full.account} in {full.region}, and of no other:")
        organization.start(full, "batch", int(QUOTAS[ON_DEMAND] // TASK_VCPU), cpu=TASK_VCPU * 1024)
        seconds = stage.until("the hub announces the breach", inbox.breaches)
        stage.good(f"the hub's topic has a message {seconds:.1f} s after RunTask:")
        stage.say(f"  {inbox.breaches()[0]['detail']['chat']['title']}")
        stage.say(f"Account {silent.account} in {silent.region} was cut off {time.monotonic() - cut_off:.0f} s ago: its rule is off.")
        stage.until("its silence is noticed", lambda: _is_silent(organization, silent))
        stage.run("status", "--organization", environment=organization.environment(organization.hub))
        stage.good("silent is not zero: its last known counts stay in every total, flagged, with what to do")
        organization.set_reporting(silent, on=True)
        organization.start(silent, "web", 1)
        seconds = stage.until("it reports again", lambda: not _is_silent(organization, silent))
        stage.good(f"the rule is on again, and {seconds:.1f} s after its next task the scope is back by itself")

    def _deploy(self) -> tuple[EmbeddedOrganization, float]:
        organization = EmbeddedOrganization(self._stage.stack)
        organization.deploy()
        for number, place in enumerate(organization.places, start=1):
            organization.start(place, "web", number)
        silent = organization.places[SILENT]
        self._stage.until("it has reported", lambda: _held(organization, silent) == SILENT + 1)
        organization.set_reporting(silent, on=False)
        cut_off = time.monotonic()
        organization.run(f"{HUB_STACK}-organization", organization.hub)  # by its schedule, the names of accounts come within a minute
        organization.run(f"{MEMBER_STACK}-reconcile", *organization.places)
        return organization, cut_off


def _scope(organization: EmbeddedOrganization, place: Place) -> dict[str, Any] | None:
    """Return what the hub shows of a place; None before its first report."""
    answer = json.loads(organization.command(organization.hub, "status", "--organization", "--json").stdout)
    found = [scope for scope in answer["scopes"] if (scope["account"], scope["region"]) == (place.account, place.region)]
    return found[0] if found else None


def _held(organization: EmbeddedOrganization, place: Place) -> int:
    found = _scope(organization, place)
    return int(found["total"]["held"]) if found else 0


def _is_silent(organization: EmbeddedOrganization, place: Place) -> bool:
    found = _scope(organization, place)
    return found is not None and bool(found["silent"])
