"""What `fargatecount status` looks like on terminals of several widths."""

from __future__ import annotations

import io
from collections.abc import Callable

import msgspec
import pytest
from rich.console import Console

from fargatecount.cli import output
from fargatecount.cli.arrangement import WHOLE
from fargatecount.cli.status_screen import screen
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS
from fargatecount.usage.document import UsageDocument
from fargatecount.workload import Cluster, Kind
from tests.cli.conftest import Answer
from tests.support.builders import BATCH, SCOPE, WEB
from tests.support.deployed import Deployed

Run = Callable[..., Answer]
LONG = "ListTasks: AccessDeniedException: User is not authorized to perform: ecs:ListTasks with an explicit deny, " + "said at length, " * 8
REMEDY = "allow ecs:ListTasks here to the role of function reconcile"
BLUE = Cluster(SCOPE, Kind.ECS, "payments-production-blue")


@pytest.fixture(scope="module")
def denied(shared: Deployed) -> Deployed:
    """One cluster that is well, two that are denied for the same reason, with a name that is long, and one in few words."""
    now = shared.clock.now()
    shared.deliver(shared.ecs.run("t1", WEB))
    shared.ledger.note(WEB, RECONCILER, Readability(readable=True, at=now, listed_at=now))
    for cluster, reason in ((BATCH, LONG), (BLUE, LONG), (Cluster(SCOPE, Kind.ECS, "short"), "not you")):
        shared.ledger.register(cluster)
        shared.ledger.note(cluster, RECONCILER, Readability(readable=False, at=now, reason=reason, remedy=REMEDY))
    return shared


@pytest.mark.usefixtures("denied")
@pytest.mark.parametrize("columns", [80, 120, 200])
def test_a_reason_is_told_whole_and_once(fargatecount: Run, columns: int) -> None:
    """The table says that a cluster is unreadable, the warning below it why, of which clusters, and what to do."""
    answer = fargatecount("status", columns=columns)
    (line,) = [line for line in answer.err.splitlines() if LONG in line]
    assert line == (
        f"warning: ECS-batch (never complete so far), ECS-payments-production-blue (never complete so far) are unreadable: {LONG}; {REMEDY}"
    )
    states = [line.split()[-1] for line in answer.out.splitlines() if line.startswith((" ECS-batch", " ECS-web"))]
    assert states == ["unreadable", "ok"]
    assert max(map(len, answer.out[: answer.out.index("Launches")].splitlines())) <= columns


@pytest.mark.usefixtures("denied")
@pytest.mark.parametrize("columns", [80, 200])
def test_a_reason_that_fits_stands_in_the_table(fargatecount: Run, columns: int) -> None:
    """Whole, or not at all: no reason is cut."""
    (line,) = [line for line in fargatecount("status", columns=columns).out.splitlines() if "ECS-short" in line]
    assert line.rstrip().endswith("not you")


@pytest.mark.usefixtures("denied")
def test_a_name_too_long_for_the_terminal_goes_on_below(fargatecount: Run) -> None:
    """At 80 columns a name has what the numbers leave, and no number is cut."""
    lines = fargatecount("status", columns=80).out.splitlines()
    beginning = next(n for n, line in enumerate(lines) if line.startswith(" ECS-pay"))
    assert "".join(line.split()[0] for line in lines[beginning : beginning + 3]) == BLUE.key


@pytest.mark.usefixtures("denied")
def test_a_table_that_needs_more_than_the_terminal_has_keeps_all_of_it(fargatecount: Run) -> None:
    """Every column is there, for the terminal to break its lines."""
    heading = next(line for line in fargatecount("status", "-o", "wide", columns=40).out.splitlines() if "CLUSTER" in line)
    assert heading.split() == [
        *("CLUSTER", "WAITING", "PENDING", "RUNNING", "STOPPING", "COMPLETED", "HELD", "VCPU", "GIB", "SPOT", "VCPU", "USD/H", "STATE")
    ]


@pytest.mark.usefixtures("denied")
def test_the_live_screen_tells_reasons_too(fargatecount: Run) -> None:
    """It has no stderr: the warnings stand below the tables, in lines that the terminal holds."""
    console = Console(file=io.StringIO(), width=80, highlight=False)
    answer = msgspec.convert(fargatecount("status", "--json").json, UsageDocument)
    console.print(screen(answer, DEFAULT_THRESHOLDS, WHOLE, height=100, width=80))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert " ".join(f"are unreadable: {LONG}; {REMEDY}".split()) in " ".join(shown.split())
    assert shown.count("warning:") == 3  # with that the scope has never been listed


@pytest.mark.usefixtures("denied")
@pytest.mark.parametrize("count", [18, 400])
def test_a_small_screen_keeps_total_quotas_and_warnings(fargatecount: Run, count: int) -> None:
    """At 80 columns and 24 lines rows of clusters are left out, the smallest, and their number is shown."""
    answer = msgspec.convert(fargatecount("status", "--json").json, UsageDocument)
    (scope,) = answer.scopes
    web = next(cluster for cluster in scope.clusters if cluster.cluster == "ECS-web")
    many = [msgspec.structs.replace(web, cluster=f"ECS-c{n:03}", vcpu=float(n + 1)) for n in range(count)]
    answer = msgspec.structs.replace(answer, scopes=[msgspec.structs.replace(scope, clusters=[*many, *scope.clusters])])
    console = Console(file=io.StringIO(), width=80, highlight=False)
    console.print(screen(answer, DEFAULT_THRESHOLDS, WHOLE, height=24, width=80))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) <= 24
    kept = (" total", ("on-demand", " on-demand"), ("spot", " spot"), "warning:")
    assert [text for text in kept if not any(line.startswith(text) for line in lines)] == []
    seen = sum(line.startswith(" ECS-c") for line in lines)
    assert seen >= 5
    assert f"{count + len(scope.clusters) - seen} more clusters" in " ".join(lines)


def test_text_wraps_and_numbers_do_not() -> None:
    """A table as narrow as it can be shows every number whole, and every text, in lines of its own."""
    table = output.table("", ["NAME", "NUMBER", "WHY"], [["a-name-of-some-length", "1,234,567.89", "a reason in some words"]])
    console = Console(file=io.StringIO(), width=table.min_width)
    console.print(table)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "1,234,567.89" in shown
    letters = [line[1:11].strip() for line in shown.splitlines() if not line.strip().startswith(("NAME", "─"))]
    assert "".join(letters) == "a-name-of-some-length"
