"""From a cluster's stream into the ledger, on a fake clock."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest

from fargatecount.errors import DeniedError, FargatecountError, UnavailableError
from fargatecount.ledger.store import Bucket, Write, bucket_of
from fargatecount.workload import Phase, WorkloadKey
from tests.support.builders import MINUTE, NOW, PODS
from tests.support.pods import ENDED, WAITS, pod, waiting
from tests.watcher.scripted import EPOCH, Stage, Table, changed, deleted, listed, lost, opened
from watcher.events import Bookmark
from watcher.loop import BATCH

NO_ANSWER = UnavailableError("the API server does not answer", remedy="check it")


def test_list_then_changes() -> None:
    """A list and the changes after it leave the rows as the pods are."""
    table = Stage().play(
        listed(pod("a", version=10), waiting("b", version=20)),
        opened(),
        changed(pod("b", version=101, states=(WAITS,))),
        changed(pod("b", version=102)),
        changed(pod("a", version=103, phase="Succeeded", states=(ENDED,))),
        changed(waiting("c", version=104)),
        deleted(pod("a", version=105)),
    )
    assert table.phases() == {"b": Phase.RUNNING, "c": Phase.WAITING}
    assert table.held() == 1


def test_list_finds_deletions_that_the_watch_missed() -> None:
    """A relist ends the rows that it lacks."""
    table = Stage().play(listed(pod("a"), pod("b", version=11)), opened(), listed(pod("b", version=11), version=200))
    assert table.phases() == {"b": Phase.RUNNING}


def test_pod_made_after_the_list_survives_a_late_list() -> None:
    """A list that is older than the watch's events ends no row."""
    table = Stage().play(listed(version=100), opened(), changed(pod("a", version=150)), listed(version=140))
    assert table.phases() == {"a": Phase.RUNNING}


def test_recreated_cluster_leaves_no_ghosts() -> None:
    """A cluster of the same name, with low versions: the pods of the old one are gone, the new ones are counted."""
    table = Table()
    Stage(table=table).play(listed(pod("old", version=90_000), version=90_001))
    Stage(table=table, epoch=EPOCH + 1).play(
        listed(pod("new", version=3), version=5, epoch=EPOCH + 1), opened(), changed(waiting("next", version=6))
    )
    assert table.phases() == {"new": Phase.RUNNING, "next": Phase.WAITING}
    assert table.held() == 1


def test_row_in_a_bucket_that_is_not_its_own_ends_nothing() -> None:
    """While a rebuild moves rows, a copy in the old bucket does not make a listed pod gone."""
    table = Table()
    Stage(table=table).play(listed(pod("a", version=10)))
    own = bucket_of(WorkloadKey(PODS, "uid-a"), table.buckets)
    ((_, row),) = table.rows_of(own)
    table.inner.commit({Bucket(PODS, 1 - own.number): [Write("uid-a", row, None)]})
    Stage(table=table).play(listed(pod("a", version=10), version=200))
    assert [row.phase for _, row in table.rows_of(own)] == [Phase.RUNNING]


def test_late_list_of_the_old_cluster_changes_nothing() -> None:
    """A late list from a watcher of the old cluster revives no row."""
    table = Table()
    Stage(table=table, epoch=EPOCH + 1).play(listed(version=5))
    Stage(table=table).play(listed(pod("old", version=90_000), version=90_001))
    Stage(table=table, epoch=EPOCH + 1).play(listed(version=6))
    assert table.phases() == {}


@pytest.mark.parametrize("error", [UnavailableError("down"), DeniedError("no permission")])
def test_what_the_table_refuses_is_retried(error: FargatecountError) -> None:
    """Nothing is dropped while the table fails, for whatever reason and however long."""
    stage = Stage()
    stage.table.refuse_commits(*[error] * 60)
    table = stage.play(listed(pod("a")), opened(), changed(pod("b", version=101)))
    assert table.phases() == {"a": Phase.RUNNING, "b": Phase.RUNNING}
    assert sum(stage.clock.slept) > 30  # it waited half a second per attempt, rather than flood the table


def test_missing_table_is_awaited() -> None:
    """Nothing is dropped while the table does not exist: the trouble is the table's, not the row's."""
    stage = Stage()
    stage.table.missing_for = 60
    assert stage.play(listed(pod("a")), opened(), changed(pod("b", version=101))).phases() == {"a": Phase.RUNNING, "b": Phase.RUNNING}
    assert sum(stage.clock.slept) > 30


@pytest.mark.parametrize("pods", [1, 2, 150])
def test_row_that_the_table_refuses_for_good_is_set_aside(pods: int) -> None:
    """One row that the table never accepts holds up no other, in a list or a batch of any size, and is counted."""
    stage = Stage()
    stage.table.refused = {"uid-p0"}
    changes = [changed(pod(f"p{i}", version=101 + i)) for i in range(pods)]
    stage.play(listed(pod("a")), opened(), *changes, 1.0, changed(pod("z", version=500)))
    assert set(stage.table.phases()) == {"a", "z", *(f"p{i}" for i in range(1, pods))}
    assert stage.health.registry.get_sample_value("fargatecount_watcher_malformed_total", {"cluster": PODS.name}) == 1
    assert stage.table.notes[-1].readable


def test_defect_makes_the_cluster_unreadable() -> None:
    """A loop that ends by a defect notes the cluster as unreadable before it ends."""
    stage = Stage()

    def fail() -> None:
        raise ZeroDivisionError("a defect")

    with pytest.raises(ZeroDivisionError):
        stage.play(listed(pod("a")), opened(), fail)
    assert [note.readable for note in stage.table.notes] == [True, False]
    assert stage.table.notes[-1].reason == "the watcher failed: ZeroDivisionError: a defect"


def test_list_waits_for_a_table_that_cannot_be_read() -> None:
    """Absence is judged against rows that were read, never against none."""
    table = Table()
    Stage(table=table).play(listed(pod("a"), pod("b")))
    table.fail_row_reads(*[UnavailableError("down")] * 5)
    Stage(table=table).play(listed(pod("b"), version=200))
    assert table.phases() == {"b": Phase.RUNNING}


def test_lost_confirmation_is_counted_once() -> None:
    """A commit that was written but not confirmed counts once."""
    stage = Stage()
    stage.table.lose_the_answer()
    assert stage.play(listed(pod("a")), opened()).held() == 1


def test_changes_that_come_together_are_written_together() -> None:
    """Three events of one pod within the linger are one row write."""
    stage = Stage()
    table = stage.play(
        listed(),
        opened(),
        changed(waiting("a", version=101)),
        changed(pod("a", version=102, states=(WAITS,))),
        changed(pod("a", version=103)),
    )
    assert [sum(transaction.values()) for transaction in table.transactions] == [1]
    assert table.phases() == {"a": Phase.RUNNING}


def test_burst_is_cut_into_batches() -> None:
    """No batch holds more than two transactions' worth of pods."""
    stage = Stage(table=Table(buckets=1))
    table = stage.play(listed(), opened(), *(changed(pod(f"p{i}", version=101 + i)) for i in range(2 * BATCH + 5)))
    assert [sum(transaction.values()) for transaction in table.transactions] == [99, 99, 99, 99, 5]
    assert table.held() == 2 * BATCH + 5


def test_single_change_does_not_wait() -> None:
    """A single change is written after the linger, not after the next one."""
    stage = Stage()
    seen_at: list[int] = []
    stage.play(listed(), opened(), changed(pod("a", version=101)), 0.5, lambda: seen_at.append(stage.table.held()))
    assert seen_at == [1]


def test_first_list_makes_the_cluster_readable() -> None:
    """A cluster is not noted before its first list is in the ledger; then it is readable as of the request."""
    stage = Stage()
    before: list[int] = []
    table = stage.play(3.0, lambda: before.append(len(stage.table.notes)), listed(pod("a"), at=NOW + 2000))
    assert before == [0]
    assert [(note.readable, note.listed_at) for note in table.notes][:1] == [(True, NOW + 2000)]


def test_heartbeat_once_a_minute() -> None:
    """A quiet cluster is noted as readable once a minute."""
    table = Stage().play(listed(), opened(), 200.0)
    times = [note.at for note in table.notes]
    assert [after - before for before, after in pairwise(times)][:3] == [MINUTE, MINUTE, MINUTE]
    assert len(times) == 5  # the first, three heartbeats, and one at the end


def test_denied_cluster_is_unreadable_with_its_remedy() -> None:
    """A refusal is noted at once with its remedy, and no count changes."""
    table = Stage().play(lost(DeniedError("403 pods is forbidden", remedy="fargatecount eks enroll pods")))
    assert [(note.readable, note.reason, note.remedy) for note in table.notes][:1] == [
        (False, "403 pods is forbidden", "fargatecount eks enroll pods")
    ]
    assert table.held() == 0


def test_counts_stay_while_a_cluster_cannot_be_read() -> None:
    """Unreadable is not empty: the last known counts stay."""
    table = Stage().play(listed(pod("a")), opened(), lost(DeniedError("403")), 300.0)
    assert table.held() == 1
    assert table.notes[-1].readable is False
    assert table.notes[-1].listed_at == NOW


def test_short_silence_changes_nothing() -> None:
    """A reconnection within a minute leaves the cluster readable."""
    table = Stage().play(listed(), opened(), lost(NO_ANSWER), 30.0, listed(version=200), opened(), 90.0)
    assert all(note.readable for note in table.notes)


def test_long_silence_makes_the_cluster_unreadable() -> None:
    """After a minute without an answer the cluster is noted as unreadable, and as readable when it is back."""
    stage = Stage()
    table = stage.play(
        listed(), opened(), lost(NO_ANSWER), 61.0, lost(NO_ANSWER, at=NOW + 61_000), 1.0, listed(version=200, at=NOW + 62_000), opened()
    )
    assert [readable for readable, _ in groupby(note.readable for note in table.notes)] == [True, False, True]
    assert {note.reason for note in table.notes if not note.readable} == {"the API server does not answer"}


def test_list_without_a_watch_stays_refused() -> None:
    """A cluster that allows lists but no watch stays unreadable after each list."""
    steps = [step for _ in range(3) for step in (listed(version=200), lost(DeniedError("403 cannot watch")))]
    table = Stage().play(*steps)
    assert [note.readable for note in table.notes][:2] == [True, False]
    assert not any(note.readable for note in table.notes[1:])


def test_heartbeat_that_cannot_be_written_stops_nothing() -> None:
    """A table that accepts rows but no note still gets the rows."""
    stage = Stage()
    stage.table.refuse_notes = True
    assert stage.play(listed(pod("a")), 5.0).phases() == {"a": Phase.RUNNING}


def test_no_heartbeat_before_the_batch_is_written() -> None:
    """A watcher that cannot write sends no heartbeat."""
    stage = Stage()
    notes_when_written: list[int] = []
    stage.table.refuse_commits(*[UnavailableError("down")] * 30)
    stage.table.meddle(lambda: notes_when_written.append(len(stage.table.notes)))
    stage.play(listed(pod("a")), opened())
    assert notes_when_written == [0]


def test_stop_writes_the_current_batch() -> None:
    """Messages taken before SIGTERM are in the ledger after it, with a last heartbeat."""
    stage = Stage()
    stage.play(listed(), opened(), stage.request_stop, changed(pod("a", version=101)), changed(pod("b", version=102)))
    assert stage.table.phases() == {"a": Phase.RUNNING, "b": Phase.RUNNING}
    assert stage.table.notes[-1].readable


def test_stop_does_not_wait_for_ever() -> None:
    """A table that does not answer delays the end by ten seconds and one attempt, and gets no last heartbeat."""
    stage = Stage()
    stage.table.refuse_commits(*[UnavailableError("down")] * 10_000)
    stage.play(stage.request_stop, listed(pod("a")))
    assert (stage.table.held(), stage.table.notes) == (0, [])
    assert 10_000 <= stage.clock.now() - NOW < 25_000


def test_malformed_change_is_set_aside() -> None:
    """A change that can never be written is counted and logged, and the changes around it are written."""
    stage = Stage()
    stage.play(
        listed(),
        opened(),
        changed(pod("a", version=101)),
        changed(pod("b", version=102, uid="ü")),
        deleted(pod("c", version=103, uid="x" * 200)),
        changed(pod("d", version=104)),
    )
    assert stage.table.phases() == {"a": Phase.RUNNING, "d": Phase.RUNNING}
    assert stage.health.registry.get_sample_value("fargatecount_watcher_malformed_total", {"cluster": PODS.name}) == 2
    assert stage.table.notes[-1].readable


def test_endless_owner_name_is_written() -> None:
    """A pod with an owner's name of 450,000 characters is counted under the beginning of that name."""
    stage = Stage()
    endless = ({"kind": "Job", "name": "x" * 450_000, "controller": True},)
    stage.play(listed(), opened(), changed(pod("a", version=101, owners=endless)))
    rows = [row for number in range(stage.table.buckets) for _, row in stage.table.rows_of(Bucket(PODS, number))]
    assert [len(row.facts.group or "") for row in rows] == [len("shop/") + 253]


def test_metrics_count_messages_and_outcomes() -> None:
    """The watcher's metrics count messages by kind, outcomes, readability and the size of the last list."""
    stage = Stage()
    stage.play(listed(pod("a")), opened(), changed(pod("a", version=101)), changed(pod("a", version=101)), Bookmark(120, NOW))

    def value(name: str, **labels: str) -> float | None:
        return stage.health.registry.get_sample_value(f"fargatecount_watcher_{name}", {"cluster": PODS.name} | labels)

    assert value("messages_total", kind="seen") == 2
    assert value("messages_total", kind="bookmark") == 1
    assert value("observations_total", outcome="applied") == 2
    assert value("observations_total", outcome="duplicate") == 1
    assert value("readable") == 1
    assert value("listed_pods") == 1
    assert value("last_list_timestamp_seconds") == NOW / 1000
    assert value("lag_seconds_count") == 1


def test_versions_that_go_back_are_a_new_epoch() -> None:
    """After a restore of etcd the list is older than its rows: the rows become as the list says, in whatever bucket."""
    table = Table(buckets=4)
    Stage(table=table).play(listed(*(pod(f"old-{i}", version=9_000 + i) for i in range(10)), version=9_100))
    stage = Stage(table=table)
    stage.clock.advance(10 * MINUTE)
    stage.play(
        listed(pod("old-1", version=40), pod("old-2", version=41), version=50, at=stage.clock.now()),
        opened(),
        changed(pod("new", version=51)),
        changed(pod("old-2", version=52, phase="Succeeded", states=(ENDED,))),
    )
    assert table.phases() == {"old-1": Phase.RUNNING, "old-2": Phase.COMPLETED, "new": Phase.RUNNING}
    assert table.held() == 3


def test_a_backup_so_young_that_versions_have_caught_up_is_noticed() -> None:
    """Seed 945 of the simulation: the list is newer than every row, but one pod in it is as it was before its row."""
    table = Table()
    Stage(table=table).play(listed(pod("a", version=113), version=113), opened(), changed(pod("a", version=118, deleting=True)))
    stage = Stage(table=table)
    stage.clock.advance(10 * MINUTE)
    stage.play(listed(pod("a", version=113), pod("b", version=119), version=120, at=stage.clock.now()))
    assert table.phases() == {"a": Phase.RUNNING, "b": Phase.RUNNING}


def test_a_watcher_that_starts_after_a_restore_goes_on_in_the_new_epoch() -> None:
    """The rows carry the epoch; the time at which EKS made the cluster does not change."""
    table = Table()
    Stage(table=table).play(listed(pod("a", version=9_000), version=9_100))
    for minutes, version in ((10, 50), (20, 60)):
        stage = Stage(table=table)
        stage.clock.advance(minutes * MINUTE)
        stage.play(
            listed(pod("a", version=version), version=version, at=stage.clock.now()),
            opened(),
            changed(pod(f"b{version}", version=version + 1)),
        )
    assert table.phases() == {"a": Phase.RUNNING, "b60": Phase.RUNNING}
