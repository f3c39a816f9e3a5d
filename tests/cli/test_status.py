"""`fargatecount status`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Phase
from tests.cli.conftest import Answer
from tests.support.builders import BATCH, HOUR, MINUTE, SCOPE, WEB, seen
from tests.support.deployed import Deployed

Run = Callable[..., Answer]
HOSTILE = Cluster(SCOPE, Kind.EKS, "[red]x[/]\x1b[2J")


@pytest.fixture(scope="module")
def three(shared: Deployed) -> Deployed:
    """A readable ECS cluster with two tasks, one that is denied, and an EKS cluster whose name is no name."""
    now = shared.clock.now()
    shared.deliver(shared.ecs.run("t1", WEB), shared.ecs.run("t2", WEB, capacityProviderName="FARGATE_SPOT"))
    shared.deliver(shared.ecs.run("t3", BATCH, cpu="1024", memory="2048"))
    shared.ledger.register(HOSTILE)
    for kind in Kind:
        shared.ledger.discovered(SCOPE, kind, now)
    shared.ledger.note(WEB, RECONCILER, Readability(readable=True, at=now, listed_at=now))
    shared.ledger.note(BATCH, RECONCILER, Readability(readable=False, at=now, listed_at=now - HOUR, reason="denied", remedy="allow it"))
    quota = Quota(capacity=Capacity.ON_DEMAND, value=5.0, source=Origin.APPLIED, read_at=now - MINUTE)
    DynamoQuotas(shared.ledger.items).keep(SCOPE, [quota])
    return shared


@pytest.mark.usefixtures("three")
def test_the_shape(fargatecount: Run) -> None:
    """Every key that is promised is there, with the type that is promised."""
    answer = fargatecount("status", "--json")
    usage = answer.json
    assert answer.code == 0
    assert (usage["schema"], usage["version"], usage["complete"]) == ("fargatecount/usage", 1, False)
    (scope,) = usage["scopes"]
    assert (scope["account"], scope["region"], scope["complete"]) == (SCOPE.account, SCOPE.region, False)
    total = scope["total"]
    assert (total["running"], total["held"], total["vcpu"], total["memory_gib"]) == (3, 3, 1.5, 3.0)
    assert total["by_phase"]["running"] == {"count": 3, "vcpu": 1.5, "memory_gib": 3.0}
    web = next(cluster for cluster in scope["clusters"] if cluster["cluster"] == "ECS-web")
    assert (web["kind"], web["name"], web["arn"], web["readable"], web["reason"]) == ("ECS", "web", WEB.arn, True, None)
    assert web["by_capacity"]["spot"] == {"count": 1, "vcpu": 0.25, "memory_gib": 0.5}
    assert web["counts_as_of"].endswith("Z")


@pytest.mark.usefixtures("three")
def test_quotas_are_those_that_the_reconciler_read(fargatecount: Run) -> None:
    """Value, use and percent where it is known; null, never 0, where it is not."""
    on_demand, spot = fargatecount("status", "--json").json["scopes"][0]["quotas"]
    assert {name: on_demand[name] for name in ("capacity", "code", "unit", "value", "used", "remaining", "percent", "source")} == {
        "capacity": "on-demand",
        "code": "L-3032A538",
        "unit": "vCPU",
        "value": 5.0,
        "used": 1.25,
        "remaining": 3.75,
        "percent": 25.0,
        "source": "applied",
    }
    assert (spot["value"], spot["percent"], spot["source"], spot["used"]) == (None, None, "unknown", 0.25)


@pytest.mark.usefixtures("three")
def test_a_quota_is_about_the_whole_scope(fargatecount: Run) -> None:
    """Looking at one cluster only does not make the rest of the quota free."""
    (scope,) = fargatecount("status", "--json", "--cluster", "web").json["scopes"]
    assert (scope["total"]["held"], scope["quotas"][0]["used"]) == (2, 1.25)


@pytest.mark.usefixtures("three")
def test_cost_is_the_list_price_of_what_is_held(fargatecount: Run) -> None:
    """The total is the sum of the clusters, and its label says whose prices it is made of."""
    usage = fargatecount("status", "--json").json
    (scope,) = usage["scopes"]
    costs = {cluster["kind"]: cluster["cost_per_hour"] for cluster in scope["clusters"]}
    known = [cluster["cost_per_hour"] for cluster in scope["clusters"] if cluster["cost_per_hour"] is not None]
    assert scope["total"]["cost_per_hour"] == pytest.approx(sum(known), abs=1e-5)
    assert (costs["EKS"], max(known) > 0.04) == (None, True)
    assert "list price" in usage["prices"]


@pytest.mark.usefixtures("three")
def test_the_users_discount_counts(fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the price for half of what is on demand."""
    (full,) = fargatecount("status", "--json", "--cluster", "batch").json["scopes"]
    monkeypatch.setenv("FARGATECOUNT_DISCOUNT_PERCENT", "50")
    (half,) = fargatecount("status", "--json", "--cluster", "batch").json["scopes"]
    assert half["total"]["cost_per_hour"] == pytest.approx(full["total"]["cost_per_hour"] / 2, abs=1e-5)


@pytest.mark.usefixtures("three")
def test_an_unreadable_cluster_keeps_its_counts_and_is_a_warning(fargatecount: Run) -> None:
    """Its last known counts are in the total, flagged, with the reason, the remedy, and since when."""
    answer = fargatecount("status", "--json")
    batch = next(cluster for cluster in answer.json["scopes"][0]["clusters"] if cluster["cluster"] == "ECS-batch")
    assert (batch["held"], batch["readable"], batch["reason"], batch["remedy"]) == (1, False, "denied", "allow it")
    assert "warning: ECS-batch (last complete 2" in answer.err
    assert ") is unreadable: denied; allow it\n" in answer.err
    assert "allow it" in answer.err


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("glob", "code"), [("*", 1), ("web", 0)])
def test_strict_makes_what_is_not_known_a_no(fargatecount: Run, glob: str, code: int) -> None:
    """With --strict an unreadable cluster among those asked for is the exit code 1."""
    assert fargatecount("status", "--strict", "--cluster", glob).code == code


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("form", ["table", "wide"])
def test_tables_show_clusters_quotas_and_cost(fargatecount: Run, form: str) -> None:
    """For people: all of it on one page, plain where there is no terminal."""
    out = fargatecount("status", "-o", form).out
    assert all(word in out for word in ("ECS-web", "ECS-batch", "total", "L-3032A538", "USD per hour"))
    assert "\x1b" not in out


@pytest.mark.usefixtures("three")
def test_names_that_are_no_names_do_no_harm(fargatecount: Run) -> None:
    """Markup and control characters in a name are shown as written, in the table and in the warning."""
    answer = fargatecount("status")
    assert "EKS-[red]x[/]\\x1b[2J" in answer.out
    assert "EKS-[red]x[/]\\x1b[2J" in answer.err
    assert "\x1b" not in answer.out + answer.err


@pytest.mark.usefixtures("three")
def test_names_in_json_are_as_they_are(fargatecount: Run) -> None:
    """A program gets the very name, escaped as JSON escapes it."""
    names = {cluster["name"] for cluster in fargatecount("status", "--json").json["scopes"][0]["clusters"]}
    assert names == {"web", "batch", HOSTILE.name}


@pytest.mark.usefixtures("three")
def test_csv_has_a_row_per_cluster(fargatecount: Run) -> None:
    """A spreadsheet gets one line per cluster, with its phases as columns."""
    rows = {row["cluster"]: row for row in csv.DictReader(io.StringIO(fargatecount("status", "-o", "csv").out))}
    assert set(rows) == {"ECS-web", "ECS-batch", "EKS-[red]x[/]\\x1b[2J"}
    assert (rows["ECS-web"]["running_count"], rows["ECS-web"]["vcpu"], rows["ECS-web"]["region"]) == ("2", "0.5", SCOPE.region)


@pytest.mark.usefixtures("three")
def test_no_cluster_matches(fargatecount: Run) -> None:
    """A glob that matches nothing is wrong use, with the name that was meant, and never a clean zero."""
    answer = fargatecount("status", "--json", "--cluster", "wbe")
    assert (answer.code, answer.out) == (2, "")
    assert "no cluster matches 'wbe'; did you mean web?" in answer.err


@pytest.mark.usefixtures("three")
def test_live_needs_a_terminal_and_a_table(fargatecount: Run) -> None:
    """-w without a terminal, or with a form for programs, is wrong use."""
    assert fargatecount("status", "-w").code == 2
    assert fargatecount("status", "-w", "--json").code == 2


@pytest.mark.usefixtures("three")
def test_quotas_have_bars(fargatecount: Run) -> None:
    """A quarter is a quarter of the bar; of an unknown quota nothing is drawn, and that is said."""
    lines = fargatecount("status").out.splitlines()
    on_demand, spot = (next(line for line in lines if code in line) for code in ("L-3032A538", "L-36FBB829"))
    assert on_demand.count("█") == 5
    assert on_demand.count("░") == 15
    assert "unknown" in spot
    assert "░" not in spot


@pytest.mark.parametrize(("no_color", "escapes"), [("", True), ("1", False)])
@pytest.mark.usefixtures("three")
def test_bars_are_colored_where_somebody_looks(fargatecount: Run, monkeypatch: pytest.MonkeyPatch, no_color: str, escapes: bool) -> None:
    """On a terminal by their level, unless NO_COLOR is set."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm-256color")
    out = fargatecount("status").out
    assert ("\x1b[32m" in out) is escapes


def test_bars_have_the_colors_of_the_deployments_thresholds(three: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What 25 percent are depends on where its alarms begin: the stack says it, and the defaults stand where no stack is asked."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[32m" in fargatecount("status").out
    three.create_stack(WarningPercent="10", CriticalPercent="20")
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    assert "\x1b[31m" in fargatecount("status").out
    monkeypatch.setenv("FARGATECOUNT_CRITICAL_PERCENT", "30")
    assert "\x1b[33m" in fargatecount("status").out
    monkeypatch.setenv("FARGATECOUNT_CRITICAL_PERCENT", "10")
    answer = fargatecount("status")
    assert answer.code == 2
    assert "FARGATECOUNT_WARNING_PERCENT is 10 and FARGATECOUNT_CRITICAL_PERCENT is 10" in answer.err


@pytest.mark.usefixtures("three")
def test_what_hangs_is_listed(three: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that has been pending for an hour stands with its age, reason and remedy; a longer setting takes it out."""
    now = three.clock.now()
    three.deliver(
        seen(Phase.PENDING, workload_id="t-slow", observed_at=now, facts=Facts(cpu=256, memory=512, created_at=now - 61 * MINUTE))
    )
    (hanging,) = (scope["hanging"] for scope in fargatecount("status", "--json").json["scopes"])
    (one,) = hanging["which"]
    assert (hanging["after_minutes"], hanging["count"], one["workload"], one["phase"], one["minutes"]) == (30, 1, "t-slow", "pending", 61)
    assert "aws ecs describe-tasks" in one["remedy"]
    shown = fargatecount("status").out
    assert "more than 30 minutes: 1" in shown
    assert "the task has not started" in shown
    monkeypatch.setenv("FARGATECOUNT_HANGING_MINUTES", "120")
    assert "more than 120 minutes: none" in fargatecount("status").out


def test_where_nothing_was_refused_that_is_said(fargatecount: Run) -> None:
    """A line for people, an empty list for programs."""
    assert "Launches refused in the last hour: none." in fargatecount("status").out
    assert fargatecount("status", "--json").json["scopes"][0]["refused"] == []
