"""What could be reclaimed, in the report: twice a day, and never at the report's expense."""

from __future__ import annotations

from dataclasses import replace

from fargatecount.adapters.memory.loads import MemoryLoads
from fargatecount.errors import DeniedError
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.run import run
from fargatecount.reconcile.scope import Options
from fargatecount.rightsize.load import GroupKey, Load, LoadSummary
from fargatecount.timestamps import DAY, HOUR
from tests.support.builders import WEB
from tests.support.documents import present
from tests.unit.reconcile.test_run import BOX, Deployed

KEY = GroupKey(WEB, "service:shop")


def report(here: Deployed, loads: MemoryLoads, *, dry_run: bool = False) -> ReconcileDocument:
    """Return the report of a full run."""
    return run(replace(here.ports, loads=loads), Options(full=True, dry_run=dry_run), owner="test", time_box=BOX).report


def oversized(here: Deployed) -> MemoryLoads:
    """Return loads in which a service of two tasks of 1 vCPU uses a tenth of it."""
    for name in ("t1", "t2"):
        here.account.ecs.run(name, group="service:shop", cpu="1024", memory="4096")
    now = here.clock.now()
    used = LoadSummary(p50=5.0, p95=10.0, max=12.0, points=336, first_at=now - 14 * DAY, last_at=now)
    return MemoryLoads({KEY: Load(used, used, "AWS/ECS")})


def test_a_report_has_what_smaller_sizes_free() -> None:
    """Two tasks of 1 vCPU that need a quarter free 1.5 vCPU."""
    here = Deployed()
    found = present(report(here, oversized(here)).reclaimable)
    assert (found.groups, found.vcpu, found.problem) == (1, 1.5, None)
    (row,) = found.which
    assert (row.cluster, row.group, row.verdict) == ("ECS-web", "service:shop", "shrink")


def test_the_load_is_read_twice_a_day() -> None:
    """A run within half a day asks CloudWatch nothing and says nothing."""
    here = Deployed()
    loads = oversized(here)
    report(here, loads)
    assert report(here, loads).reclaimable is None
    here.clock.advance(12 * HOUR)
    assert present(report(here, loads).reclaimable).groups in {0, 1}
    assert loads.reads == 2


def test_a_dry_run_asks_nothing() -> None:
    """A dry run takes no lease and reads no load."""
    here = Deployed()
    loads = oversized(here)
    assert report(here, loads, dry_run=True).reclaimable is None
    assert loads.reads == 0


def test_a_refusal_is_said_and_tried_again_in_an_hour() -> None:
    """The report is complete without it, and the next attempt is an hour later."""
    here = Deployed()
    loads = oversized(here)
    loads.error = DeniedError("reading loads from CloudWatch: AccessDenied", remedy="allow cloudwatch:GetMetricData")
    made = report(here, loads)
    assert made.complete
    assert present(made.reclaimable).problem == "reading loads from CloudWatch: AccessDenied"
    loads.error = None
    assert report(here, loads).reclaimable is None
    here.clock.advance(HOUR)
    assert present(report(here, loads).reclaimable).problem is None
