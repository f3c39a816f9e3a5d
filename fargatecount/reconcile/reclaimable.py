"""What could be reclaimed, for the report: twice a day, because two weeks of load hardly change in half a day."""

from __future__ import annotations

from collections.abc import Sequence

from fargatecount.errors import FargatecountError
from fargatecount.ledger.leases import RIGHTSIZE
from fargatecount.ledger.row import Row
from fargatecount.reconcile.ports import Ports
from fargatecount.rightsize.advice import AdviceSettings
from fargatecount.rightsize.document import ReclaimableDocument, reclaimable_document, unknown_reclaimable
from fargatecount.rightsize.survey import PERIOD, groups_of, survey_sizes
from fargatecount.timestamps import DAY, HOUR
from fargatecount.workload import Cluster, Millis

WINDOW: Millis = 14 * DAY
EVERY: Millis = 12 * HOUR
"""Each page of a day has one; for 100 services CloudWatch's answers cost 0.24 USD a month."""
RETRY: Millis = HOUR
"""Time until the next attempt after CloudWatch did not answer."""


def find_reclaimable(ports: Ports, held: Sequence[tuple[Cluster, Row]], *, dry_run: bool) -> ReclaimableDocument | None:
    """Return what could be reclaimed; None where a recent run has found it out, and in a dry run.

    The report is complete without it: if CloudWatch refuses or does not answer, the document says why.
    """
    now = ports.clock.now()
    owner = f"loads at {now}"
    if dry_run or ports.leases.acquire(ports.scope, RIGHTSIZE, owner, now=now, until=now + EVERY) is not None:
        return None
    settings = AdviceSettings(since=now - WINDOW, until=now, period=PERIOD, prices=ports.prices)
    try:
        advice = survey_sizes(groups_of(held), ports.loads, settings)
    except FargatecountError as error:
        ports.leases.acquire(ports.scope, RIGHTSIZE, owner, now=now, until=now + RETRY)
        return unknown_reclaimable(str(error), settings)
    return reclaimable_document(advice, settings)
