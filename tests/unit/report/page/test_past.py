"""The part of the page that comes from the history."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fargatecount.adapters.duckdb_history import DuckDbHistory
from fargatecount.errors import DeniedError
from fargatecount.history.coverage import Coverage
from fargatecount.history.parts import MovesPart
from fargatecount.history.queries import Question
from fargatecount.report.page.past import MAX_GROUPS, MAX_SPANS, Past, PastGroup, folded, past_of, spans_of
from fargatecount.timestamps import DAY
from tests.support.builders import HOUR, NOW, SCOPE
from tests.support.fakes import FakeClock
from tests.support.history_world import archived, living, recorded
from tests.support.lives import Life, lives, nearest_rank

UNTIL = NOW + 4 * DAY


class Story:
    """Two hundred lives of three days, all of them over."""

    def __init__(self, cache: Path) -> None:
        self.lives: list[Life] = lives(160, 40, days=3)
        ledger = recorded(self.lives, FakeClock())
        self.engine = DuckDbHistory(archived(ledger.stream, now=UNTIL), SCOPE, cache, lambda: living(ledger, UNTIL))
        self.past = past_of(self.engine, None, NOW, UNTIL, now=UNTIL, prices="list")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    pytest.importorskip("duckdb", reason="the extra `history` is not installed")
    return Story(tmp_path_factory.mktemp("cache"))


def test_every_start_and_stop_is_in_its_span(story: Story) -> None:
    """By cluster and hour, as the script of the lives has them."""
    past = story.past
    started: Counter[tuple[str | None, int]] = Counter()
    for row in past.moves:
        started[past.groups[row.group].cluster, past.edges[row.span]] += row.started
    truth = Counter((life.cluster.key, life.created - life.created % HOUR) for life in story.lives)
    assert {key: count for key, count in started.items() if count} == {(name, max(at, NOW)): count for (name, at), count in truth.items()}
    assert sum(row.stopped for row in past.moves) == len(story.lives)


def test_launch_times_are_within_five_percent(story: Story) -> None:
    """The percentiles of the steps beside those of the script."""
    truth = [life.started - life.created for life in story.lives if life.started is not None]
    steps = [row.millis for row in story.past.launches for _ in range(row.launches)]
    assert len(steps) == len(truth)
    for percent in (50, 95, 99):
        assert nearest_rank(steps, percent) == pytest.approx(nearest_rank(truth, percent), rel=0.05)


def test_parts_of_the_cost_add_up_to_the_truth(story: Story) -> None:
    """To the cent, by owner, as the script of the lives reckons it."""
    found: dict[str | None, float] = defaultdict(float)
    for row in story.past.costs:
        found[story.past.groups[row.group].owner] += row.cost
    truth: dict[str, Decimal] = defaultdict(Decimal)
    for life in story.lives:
        truth[life.owner if life.is_pod else "?"] += life.cost(NOW, UNTIL)  # events carry no tags
    assert {owner: round(cost, 2) for owner, cost in found.items()} == {owner: float(round(cost, 2)) for owner, cost in truth.items()}


def test_a_period_of_any_length_has_few_spans_at_whole_units() -> None:
    """Hours of a day, six hours of a month, days of a quarter, and the latest days of a year."""
    for days, unit in ((1, "hour"), (4, "hour"), (20, "6 hours"), (90, "day"), (400, "day")):
        edges, found = spans_of(NOW + 17 * 60_000, NOW + 17 * 60_000 + days * DAY)
        assert (found, len(edges) - 1 <= MAX_SPANS, edges == sorted(set(edges))) == (unit, True, True)
        assert all(edge % HOUR == 0 for edge in edges[1:-1])


def test_small_groups_are_one_entry_together() -> None:
    """A thousand services make no larger page; nothing is lost from the sums."""
    moves = [MovesPart("0", f"ECS-web\nservice:s{n}\n-", 1 + n, 0, 1.0, 0.0, 0, 0) for n in range(1_000)]
    found = folded(Past(as_of="", edges=[0, HOUR], unit="hour"), moves, [], [], [])
    assert len(found.groups) == MAX_GROUPS + 1
    assert found.groups[0] == PastGroup(cluster="ECS-web", group="service:s999", owner="-")
    assert found.groups[-1].cluster is None
    assert sum(row.started for row in found.moves) == sum(range(1, 1_001))


class Denied:
    """An engine that is refused."""

    def rows(self, question: Question) -> Sequence[Sequence[Any]]:
        raise DeniedError(f"s3:ListBucket is denied ({question.query})", remedy="allow it")


def test_a_history_that_cannot_be_asked_is_said() -> None:
    """With the reason and the remedy; the page has its other parts."""
    found = past_of(Denied(), None, NOW, UNTIL, now=UNTIL, prices="")
    assert found.problem == "The history could not be asked, because s3:ListBucket is denied (moves): allow it."
    assert (list(found.moves), list(found.gaps)) == ([], [])


class Empty:
    """An engine whose history is empty."""

    def rows(self, question: Question) -> Sequence[Sequence[Any]]:
        assert question.ends == UNTIL
        return []


def test_an_empty_period_says_whether_it_is_known() -> None:
    """Without gaps nothing ran; with one it is not known."""
    known, late = (
        past_of(Empty(), Coverage(since=since, until=UNTIL, retention_days=400), NOW, UNTIL, now=UNTIL, prices="")
        for since in (NOW, NOW + DAY)
    )
    assert list(known.gaps) == []
    assert "nothing is kept of what ended before" in next(iter(late.gaps))
