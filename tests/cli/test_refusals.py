"""Refused launches in `fargatecount status`, and in `fargatecount report --since`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.refusals.document import RefusedDocument
from fargatecount.refusals.log import remember
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis
from tests.cli.conftest import Answer
from tests.support.builders import BATCH, HOUR, MINUTE, WEB, refusal
from tests.support.deployed import Deployed
from tests.support.page_document import document
from tests.support.pages import refusal as told
from tests.support.pages import report

Run = Callable[..., Answer]
DAY = 24 * HOUR


def test_refused_launches_are_a_section(here: Deployed, fargatecount: Run) -> None:
    """How many in the last hour, of which service, why in AWS's own words made harmless, and when; for programs as it is."""
    now = here.clock.now()
    here.deliver(here.ecs.run("t1", WEB))
    here.ledger.register(BATCH)
    remember(
        DynamoRefusals(here.ledger.items),
        [
            *(refusal(i, now - MINUTE, reason="quota \x1b[2J[red]") for i in range(2)),
            refusal(2, now, cluster=BATCH, kind=RefusalKind.IMPAIRED, reason="SERVICE_TASK_START_IMPAIRED", is_shortage=False),
            refusal(3, now - 2 * HOUR),
        ],
    )
    out = fargatecount("status").out
    assert "Launches refused in the last hour: 2; and 1 that failed for other reasons" in out
    assert "service:shop" in out
    assert "quota \\x1b[2J[red]" in out
    (scope,) = fargatecount("status", "--json").json["scopes"]
    impaired, wanted = scope["refused"]
    assert (wanted["reason"], wanted["count"], wanted["cluster"]) == ("quota \x1b[2J[red]", 2, "ECS-web")
    assert (impaired["cluster"], impaired["for_want"]) == ("ECS-batch", False)
    (scope,) = fargatecount("status", "--json", "--cluster", "web").json["scopes"]
    assert [one["cluster"] for one in scope["refused"]] == ["ECS-web"]


def keep(here: Deployed, at: Millis, refused: Sequence[RefusedDocument]) -> None:
    here.reports.keep(report(at, state={"refused": refused}))


def test_a_range_tells_of_refused_launches_as_the_page_does(here: Deployed, fargatecount: Run, tmp_path: Path) -> None:
    """Reports about the same hour are one episode, for people, for programs and on the page."""
    at = here.clock.now()
    said = [told(at - HOUR), told(at - HOUR, count=2, for_want=False, group="service:broken", reason="no image \x1b[2J")]
    for minutes in (50, 40, 30):
        keep(here, at - minutes * MINUTE, said)
    keep(here, at - MINUTE, [])
    keep(here, at - 3 * DAY, [told(at - 3 * DAY, count=4)])
    answer = fargatecount("report", "--since", "7d")
    assert "Launches refused in this period: 7; and 2 that failed for other reasons" in answer.out
    assert "no image \\x1b[2J" in answer.out
    assert str(to_iso(at - HOUR)).replace("T", " ").removesuffix("Z") in answer.out
    episodes = fargatecount("report", "--since", "7d", "--json").json["refused"]
    assert [(one["group"], one["count"]) for one in episodes] == [("service:front", 3), ("service:broken", 2), ("service:front", 4)]
    assert fargatecount("report", "--since", "7d", "--html", str(tmp_path / "page.html")).code == 0
    page = document(tmp_path / "page.html")
    assert page["refused"] == episodes


def test_a_range_of_many_refused_launches_shows_the_last(here: Deployed, fargatecount: Run) -> None:
    """A screen full, with the number of all, how many are left out, and where they are."""
    at = here.clock.now()
    keep(here, at - MINUTE, [told(at - MINUTE * n, group=f"service:s{n}") for n in range(1, 24)])
    out = fargatecount("report", "--since", "1h").out
    assert "Launches refused in this period: 69" in out
    assert "3 earlier ones are left out; -o wide shows all." in out
    assert ("service:s20" in out, "service:s21" in out) == (True, False)
    assert "service:s23" in fargatecount("report", "--since", "1h", "-o", "wide").out
