"""`fargatecount tasks`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from fargatecount.cli.tasks import age
from tests.cli.conftest import Answer
from tests.support.builders import BATCH, HOUR, WEB
from tests.support.deployed import Deployed

Run = Callable[..., Answer]


@pytest.fixture(scope="module")
def running(shared: Deployed) -> Deployed:
    """A new task of a service, one of three days that a person started, and one whose starter is hostile."""
    now = shared.clock.now()

    def at(ago: int) -> str:
        return datetime.fromtimestamp((now - ago) / 1000, UTC).isoformat()

    shared.deliver(
        shared.ecs.run("new", WEB, group="service:shop", startedBy="ecs-svc/1", createdAt=at(HOUR)),
        shared.ecs.run("old", BATCH, group="family:job", startedBy="alice", createdAt=at(72 * HOUR)),
        shared.ecs.run("odd", BATCH, group="family:job", startedBy="[red]\x1b[2J=1+1", createdAt=at(HOUR)),
    )
    return shared


@pytest.mark.usefixtures("running")
def test_the_forgotten_one_is_found(fargatecount: Run) -> None:
    """Older than two days and of no service: with who started it."""
    answer = fargatecount("tasks", "--older-than", "2d", "--without-service", "--json")
    (task,) = answer.json["tasks"]
    assert (answer.code, answer.json["schema"], answer.json["complete"]) == (0, "fargatecount/tasks", False)
    assert (task["workload"], task["cluster"], task["started_by"], task["family"]) == ("old", "ECS-batch", "alice", "job")
    assert task["age_seconds"] == pytest.approx(72 * 3600, abs=120)


@pytest.mark.usefixtures("running")
def test_a_table_has_the_oldest_first(fargatecount: Run) -> None:
    """With a word on what is left out; and what a terminal obeys is shown as written."""
    answer = fargatecount("tasks", "--top", "2")
    assert answer.out.index("old") < answer.out.index("new" if "new " in answer.out else "odd")
    assert "1 more task: --top N shows more" in answer.out
    everything = fargatecount("tasks", "-o", "wide")
    assert "\\x1b[2J" in everything.out
    assert "\x1b" not in everything.out
    assert "ECS-web is unreadable" in everything.err


@pytest.mark.usefixtures("running")
def test_csv_has_every_task(fargatecount: Run) -> None:
    """A line each, and no cell that a spreadsheet takes for a formula."""
    rows = list(csv.DictReader(io.StringIO(fargatecount("tasks", "-o", "csv", "--sort", "cluster").out)))
    assert [row["workload"] for row in rows] == ["odd", "old", "new"]


@pytest.mark.usefixtures("running")
def test_nothing_that_matches_is_said(fargatecount: Run) -> None:
    """It is no error, and neither a cluster that does not exist is taken for an empty one."""
    assert "No task or pod matches." in fargatecount("tasks", "--service", "none").out
    assert fargatecount("tasks", "--cluster", "wbe").code == 2


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "?"), (0, "0s"), (59, "59s"), (60, "1m"), (3_661, "1h 1m"), (90_000, "1d 1h"), (86_400 * 400 + 60, "400d")]
)
def test_ages_for_people(seconds: int | None, text: str) -> None:
    """The two largest units."""
    assert age(seconds) == text
