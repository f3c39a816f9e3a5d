"""The daily page, kept by the reconciler's function."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from fargatecount.adapters.s3.pages import key
from fargatecount.timestamps import DAY, to_iso
from handlers import reconcile
from tests.handlers.conftest import Context
from tests.support.builders import MINUTE, SCOPE, WEB
from tests.support.deployed import Deployed
from tests.support.pages import cluster, report, usage

TICK: dict[str, Any] = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
AGAIN: dict[str, Any] = {"now": True}


@pytest.fixture
def context() -> Context:
    """Return the context of an invocation with all of its time before it."""
    return Context(remaining=300_000)


def yesterday(here: Deployed) -> tuple[int, str]:
    """Return the noon of yesterday, and the day's name."""
    midnight = here.clock.now() - here.clock.now() % DAY
    return midnight - DAY // 2, str(to_iso(midnight - DAY))[:10]


def pages(here: Deployed) -> dict[str, str]:
    """Return the pages in the bucket."""
    s3, bucket = boto3.client("s3", SCOPE.region), here.outputs["ReportsBucket"]
    found = s3.list_objects_v2(Bucket=bucket, Prefix="pages/").get("Contents", ())
    return {each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().decode() for each in found}


def test_the_first_run_of_a_day_keeps_yesterdays_page(here: Deployed, context: Context) -> None:
    """It is made of yesterday's reports, and none of today's."""
    here.ecs.create(WEB)
    noon, day = yesterday(here)
    here.reports.keep(report(noon, usage(cluster("ECS-web", 41))))
    assert reconcile.handler(TICK, context)["ran"]
    (page,) = pages(here).values()
    assert list(pages(here)) == [key(SCOPE, day)]
    assert "41 running" in page


def test_the_marks_of_a_page_are_the_deployments_thresholds(here: Deployed, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gauges of the daily page change their color at the thresholds of the alarms."""
    monkeypatch.setenv("FARGATECOUNT_WARNING_PERCENT", "40")
    monkeypatch.setenv("FARGATECOUNT_CRITICAL_PERCENT", "60.5")
    here.ecs.create(WEB)
    here.reports.keep(report(yesterday(here)[0], usage(cluster("ECS-web", 41))))
    assert reconcile.handler(TICK, context)["ran"]
    (page,) = pages(here).values()
    assert '"marks":[40.0,60.5]' in page


def test_the_next_run_leaves_it_as_it_is(here: Deployed, context: Context) -> None:
    """One page a day is written once."""
    here.ecs.create(WEB)
    noon, day = yesterday(here)
    here.reports.keep(report(noon, usage(cluster("ECS-web", 41))))
    boto3.client("s3", SCOPE.region).put_object(Bucket=here.outputs["ReportsBucket"], Key=key(SCOPE, day), Body=b"kept")
    assert reconcile.handler(AGAIN, context)["ran"]
    assert pages(here) == {key(SCOPE, day): "kept"}


def test_the_first_day_has_no_page_of_the_day_before(here: Deployed, context: Context) -> None:
    """There is nothing that it could show."""
    here.ecs.create(WEB)
    assert reconcile.handler(TICK, context)["ran"]
    assert pages(here) == {}


def test_a_run_without_time_leaves_the_page_to_the_next(here: Deployed, context: Context) -> None:
    """What is counted matters more."""
    here.ecs.create(WEB)
    here.reports.keep(report(yesterday(here)[0], usage()))
    context.remaining = MINUTE - 1
    assert reconcile.handler(TICK, context)["ran"]
    assert pages(here) == {}
    context.remaining = 300_000
    assert reconcile.handler(AGAIN, context)["ran"]
    assert len(pages(here)) == 1


def test_a_page_that_cannot_be_made_fails_no_run(here: Deployed, context: Context) -> None:
    """The run is as good without it, and once what was in the way is gone the next run keeps the page."""
    here.ecs.create(WEB)
    good = report(yesterday(here)[0], usage())
    here.reports.keep(good)
    spoilt = f"reports/{SCOPE.account}/{SCOPE.region}/{good.id}.json"
    boto3.client("s3", SCOPE.region).put_object(Bucket=here.outputs["ReportsBucket"], Key=spoilt, Body=b"<spoilt>")
    answer = reconcile.handler(TICK, context)
    assert (answer["ran"], answer["id"] in here.reports.ids(SCOPE), pages(here)) == (True, True, {})
    here.reports.keep(good)
    assert reconcile.handler(AGAIN, context)["ran"]
    assert len(pages(here)) == 1
