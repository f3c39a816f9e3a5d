"""What every ledger promises, whatever it is made of: one suite, run by each implementation's test file.

A subclass gives `open_ledger`: each call opens the ledger on the same storage, as another process would.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

import pytest

from fargatecount.counts import CELLS, EMPTY, PRICE_CLASSES, Charge, Counts, Platform, Tally
from fargatecount.ledger.clusters import RECONCILER, WATCHER, Readability
from fargatecount.ledger.record import record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Committed, Conflict, Counter, LayoutChanged, Write, bucket_of
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.reconcile.clearing import RebuildLedger
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Phase, Scope, SourceRank, WorkloadKey
from tests.support.builders import BATCH, FULL, HOUR, MINUTE, NOW, PODS, SCOPE, SECOND, SIZE, WEB, order, row, seen
from tests.support.fakes import FakeClock

PENDING, RUNNING, STOPPING, GONE = Phase.PENDING, Phase.RUNNING, Phase.STOPPING, Phase.GONE
BUCKET = Bucket(WEB, 0)
ONE = Counts.of(RUNNING, SIZE)


class Ledger(RebuildLedger, Protocol):
    """Everything that a ledger does."""


OpenLedger = Callable[..., Ledger]

ROWS = {
    "ordinary": row(),
    "nothing known": row(facts=Facts()),
    "everything known": row(facts=FULL),
    "told by the API": row(source=SourceRank.API),
    "of a later epoch": row(epoch=3),
    "a resourceVersion of 63 bits": row(version=2**63 - 1),
    "on demand": row(facts=Facts(capacity=Capacity.ON_DEMAND)),
    "with borrowed facts": row(facts=FULL, fact_orders={"cpu": order(1), "group": order(2, epoch=1, source=SourceRank.API, phase=PENDING)}),
    "tombstone": row(GONE, 4),
    "inferred tombstone": row(GONE, 4, inferred=True),
    **{f"phase {phase}": row(phase, 2) for phase in Phase if phase is not GONE},
}


def new(workload_id: str, made: Row | None = None) -> Write:
    """Return the write of a row that does not exist yet."""
    return Write(workload_id, made or row(), None)


def over(workload_id: str, before: Row, phase: Phase, version: int) -> Write:
    """Return the write of a row's next revision."""
    return Write(workload_id, row(phase, version, rev=before.rev + 1), before)


def changed(*workload_ids: str, cluster: Cluster = WEB) -> Conflict:
    """Return that these rows have changed since they were read."""
    return Conflict(frozenset(WorkloadKey(cluster, workload_id) for workload_id in workload_ids))


class LedgerContract(ABC):
    """The suite."""

    @abstractmethod
    @pytest.fixture
    def open_ledger(self) -> OpenLedger:
        """Return how to open the test's own, at first empty ledger; keywords: `buckets`, `clock`."""

    @pytest.fixture
    def ledger(self, open_ledger: OpenLedger) -> Ledger:
        """Return the ledger with one bucket per cluster and cluster `web` known."""
        ledger = open_ledger(clock=FakeClock())
        ledger.register(WEB)
        return ledger

    @staticmethod
    def stored(ledger: Ledger, workload_id: str = "t1", cluster: Cluster = WEB) -> Row | None:
        """Return a row."""
        key = WorkloadKey(cluster, workload_id)
        return ledger.read_rows([key]).get(key)

    # Rows

    def test_a_row_comes_back_as_it_was_written(self, ledger: Ledger) -> None:
        """Nothing of a row is lost or changed by storing it, whatever there is to it."""
        assert ledger.commit({BUCKET: [new(kind, written) for kind, written in ROWS.items()]}) == Committed()
        assert {kind: self.stored(ledger, kind) for kind in ROWS} == ROWS
        assert dict(ledger.rows_of(BUCKET)) == ROWS

    def test_a_row_that_is_not_there_is_left_out(self, ledger: Ledger) -> None:
        """Only what exists is returned."""
        ledger.commit({BUCKET: [new("t1")]})
        known, unknown = WorkloadKey(WEB, "t1"), WorkloadKey(WEB, "t2")
        assert ledger.read_rows([known, unknown]) == {known: row()}
        assert ledger.read_rows([]) == {}

    def test_many_rows_are_read_at_once(self, ledger: Ledger) -> None:
        """A read is not bound by how many keys DynamoDB takes in one request."""
        for start in range(0, 240, 80):
            assert ledger.commit({BUCKET: [new(f"t{i}") for i in range(start, start + 80)]}) == Committed()
        keys = [WorkloadKey(WEB, f"t{i}") for i in range(250)]
        assert set(ledger.read_rows(keys)) == set(keys[:240])
        assert len(list(ledger.rows_of(BUCKET))) == 240

    def test_clusters_and_scopes_are_kept_apart(self, ledger: Ledger) -> None:
        """One id in clusters of equal name, in two services and two Regions, is as many workloads."""
        elsewhere = [Cluster(SCOPE, Kind.EKS, "web"), Cluster(Scope(SCOPE.account, "us-east-1"), Kind.ECS, "web")]
        for version, cluster in enumerate([WEB, *elsewhere], start=1):
            ledger.register(cluster)
            assert ledger.commit({Bucket(cluster, 0): [new("t1", row(version=version))]}) == Committed()
        assert [self.stored(ledger, cluster=cluster) for cluster in [WEB, *elsewhere]] == [row(version=v) for v in (1, 2, 3)]

    # Commit

    def test_a_new_row_is_refused_where_one_exists(self, ledger: Ledger) -> None:
        """A writer that saw no row does not overwrite the one that another made."""
        ledger.commit({BUCKET: [new("t1")]})
        assert ledger.commit({BUCKET: [new("t1", row(STOPPING, 2))]}) == changed("t1")
        assert self.stored(ledger) == row()

    def test_a_row_is_written_only_over_the_revision_that_was_read(self, ledger: Ledger) -> None:
        """Any other revision, older or newer, means that another writer came first."""
        ledger.commit({BUCKET: [new("t1", row(rev=2))]})
        for rev in (1, 3):
            assert ledger.commit({BUCKET: [over("t1", row(rev=rev), STOPPING, 2)]}) == changed("t1")
        assert self.stored(ledger) == row(rev=2)

    def test_the_version_is_no_lock(self, ledger: Ledger) -> None:
        """Versions are judged in the decision; the commit looks at the revision alone."""
        ledger.commit({BUCKET: [new("t1", row(version=9))]})
        assert ledger.commit({BUCKET: [over("t1", row(version=5), STOPPING, 2)]}) == Committed()

    def test_a_row_that_has_vanished_is_overtaken(self, ledger: Ledger) -> None:
        """DynamoDB may drop an expired tombstone between the read and the commit."""
        assert ledger.commit({BUCKET: [over("t1", row(GONE, 2), RUNNING, 3)]}) == changed("t1")
        assert self.stored(ledger) is None

    def test_exactly_the_overtaken_rows_are_named(self, ledger: Ledger) -> None:
        """Only these are read and decided again."""
        ledger.commit({BUCKET: [new("t1"), new("t4")]})
        writes = [new("t0"), new("t1"), over("t4", row(rev=7), STOPPING, 2), new("t3"), over("t5", row(), GONE, 2)]
        assert ledger.commit({BUCKET: writes}) == changed("t1", "t4", "t5")

    def test_one_overtaken_row_stops_them_all(self, ledger: Ledger) -> None:
        """Neither the other rows nor the counter move."""
        ledger.commit({BUCKET: [new("t1")]})
        before = ledger.read_counter(BUCKET)
        ledger.commit({BUCKET: [new("t0"), new("t1"), new("t2")]})
        assert [workload_id for workload_id, _ in ledger.rows_of(BUCKET)] == ["t1"]
        assert ledger.read_counter(BUCKET) == before

    def test_99_rows_go_into_one_transaction(self, ledger: Ledger) -> None:
        """As many as the ledger ever sends."""
        assert ledger.commit({BUCKET: [new(f"t{i}") for i in range(99)]}) == Committed()
        assert ledger.read_counter(BUCKET) == Counter(1, Counts.total([ONE] * 99))

    def test_100_actions_of_many_buckets_go_into_one_transaction(self, open_ledger: OpenLedger) -> None:
        """Rows of two clusters with the counters of all their buckets: every counter moves by its own rows."""
        ledger = open_ledger(buckets=8, clock=FakeClock())
        transaction: dict[Bucket, list[Write]] = {}
        for cluster in (WEB, BATCH):
            ledger.register(cluster)
            for i in range(42):
                transaction.setdefault(bucket_of(WorkloadKey(cluster, f"t{i}"), 8), []).append(new(f"t{i}"))
        assert sum(map(len, transaction.values())) + len(transaction) == 100
        assert ledger.commit(transaction) == Committed()
        for bucket, writes in transaction.items():
            assert ledger.read_counter(bucket) == Counter(1, Counts.total([ONE] * len(writes)))
            assert {workload_id for workload_id, _ in ledger.rows_of(bucket)} == {write.workload_id for write in writes}

    def test_one_overtaken_row_stops_every_bucket(self, open_ledger: OpenLedger) -> None:
        """It is named with its cluster, because another cluster may have the same workload id; nothing is written anywhere."""
        ledger = open_ledger(clock=FakeClock())
        for cluster in (WEB, BATCH):
            ledger.register(cluster)
        ledger.commit({Bucket(BATCH, 0): [new("t1")]})
        assert ledger.commit({Bucket(WEB, 0): [new("t1"), new("t2")], Bucket(BATCH, 0): [new("t1"), new("t2")]}) == changed(
            "t1", cluster=BATCH
        )
        assert [ledger.read_counter(Bucket(cluster, 0)) for cluster in (WEB, BATCH)] == [Counter(0, EMPTY), Counter(1, ONE)]
        assert list(ledger.rows_of(Bucket(WEB, 0))) == []

    def test_counters_that_others_have_opened_and_new_ones_go_together(self, open_ledger: OpenLedger) -> None:
        """The first write of a bucket succeeds, whatever else is in its transaction."""
        ledger, other = open_ledger(clock=FakeClock()), open_ledger(clock=FakeClock())
        for cluster in (WEB, BATCH, PODS):
            ledger.register(cluster)
        other.commit({Bucket(BATCH, 0): [new("t1")]})
        assert ledger.commit({Bucket(cluster, 0): [new("t2")] for cluster in (WEB, BATCH, PODS)}) == Committed()
        seqs = [counter.seq for counter in ledger.read_counters([Bucket(cluster, 0) for cluster in (WEB, BATCH, PODS)])]
        assert seqs == [1, 2, 1]

    def test_a_row_in_a_wrong_bucket_stops_every_bucket(self, open_ledger: OpenLedger) -> None:
        """A transaction that was decided by another number of buckets writes nothing."""
        ledger = open_ledger(buckets=2, clock=FakeClock())
        ledger.register(WEB)
        right = bucket_of(WorkloadKey(WEB, "t1"), 2)
        wrong = Bucket(BATCH, 1 - bucket_of(WorkloadKey(BATCH, "t1"), 2).number)
        assert ledger.commit({right: [new("t1")], wrong: [new("t1")]}) == LayoutChanged()
        assert self.stored(ledger) is None

    def test_a_revived_row_does_not_expire(self, ledger: Ledger) -> None:
        """Writing a living row over a tombstone takes its end away."""
        ledger.commit({BUCKET: [new("t1", row(GONE, 4, inferred=True))]})
        ledger.commit({BUCKET: [over("t1", row(GONE, 4), RUNNING, 5)]})
        revived = self.stored(ledger)
        assert revived == row(RUNNING, 5, rev=SECOND)
        assert revived is not None
        assert (revived.expires_at, revived.inferred) == (None, False)

    # Counters

    def test_a_counter_that_is_not_there_is_zero(self, ledger: Ledger) -> None:
        """An empty bucket counts nothing at sequence 0."""
        assert ledger.read_counter(BUCKET) == Counter(0, EMPTY)

    def test_the_counter_moves_with_the_rows(self, ledger: Ledger) -> None:
        """A transaction adds the sum of what its rows change."""
        spot = row(facts=Facts(cpu=1024, memory=2048, capacity=Capacity.SPOT))
        ledger.commit({BUCKET: [new("t1"), new("t2"), new("t3", spot), new("t4", row(PENDING, facts=Facts()))]})
        assert ledger.read_counter(BUCKET) == Counter(
            1,
            Counts(
                {
                    (RUNNING, Capacity.ON_DEMAND): Tally(2, 512, 1024),
                    (RUNNING, Capacity.SPOT): Tally(1, 1024, 2048),
                    (PENDING, Capacity.ON_DEMAND): Tally(1, 0, 0, unsized=1),
                },
                {
                    (Platform.LINUX_X86, Capacity.ON_DEMAND): Charge(3, 1, 512, 1024),
                    (Platform.LINUX_X86, Capacity.SPOT): Charge(1, 0, 1024, 2048),
                },
            ),
        )

    def test_the_counter_goes_down_to_nothing(self, ledger: Ledger) -> None:
        """What was added is subtracted to the unit; the sequence shows that there were changes."""
        ledger.commit({BUCKET: [new("t1"), new("t2")]})
        ledger.commit({BUCKET: [over("t1", row(), GONE, 2)]})
        ledger.commit({BUCKET: [over("t2", row(), GONE, 2)]})
        assert ledger.read_counter(BUCKET) == Counter(3, EMPTY)

    def test_every_cell_of_the_counter_is_kept(self, ledger: Ledger) -> None:
        """No phase, capacity or measure is forgotten or mixed up on the way to the table and back."""
        writes, expected = [], {}
        for number, (phase, capacity) in enumerate(CELLS, start=1):
            sized = row(phase, facts=Facts(cpu=256 * number, memory=512 * number, capacity=capacity))
            unsized = row(phase, facts=Facts(capacity=capacity))
            writes += [new(f"sized-{number}", sized), *(new(f"unsized-{number}-{i}", unsized) for i in range(number % 3))]
            expected[phase, capacity] = Tally(1 + number % 3, 256 * number, 512 * number, unsized=number % 3)
        ledger.commit({BUCKET: writes})
        counter = ledger.read_counter(BUCKET)
        assert counter is not None
        assert (counter.seq, counter.counts.cells) == (1, expected)

    def test_every_price_class_of_the_counter_is_kept(self, ledger: Ledger) -> None:
        """Platform, capacity and storage are not mixed up on the way to the table and back, and go down to nothing."""
        how: dict[Platform, dict[str, str]] = {
            Platform.LINUX_X86: {"architecture": "x86_64"},
            Platform.LINUX_ARM: {"architecture": "arm64"},
            Platform.WINDOWS_X86: {"os": "WINDOWS_SERVER_2022_CORE", "architecture": "x86_64"},
        }
        rows, expected = {}, {}
        for number, (platform, capacity) in enumerate(PRICE_CLASSES, start=1):
            facts = Facts(cpu=256 * number, memory=512 * number, storage=20 + number, capacity=capacity, **how[platform])  # type: ignore[arg-type]
            rows[f"sized-{number}"] = row(facts=facts)
            rows[f"unsized-{number}"] = row(PENDING, facts=Facts(capacity=capacity, **how[platform]))  # type: ignore[arg-type]
            rows[f"waiting-{number}"] = row(Phase.WAITING, facts=facts)
            expected[platform, capacity] = Charge(2, 1, 256 * number, 512 * number, number)
        ledger.commit({BUCKET: [new(workload_id, written) for workload_id, written in rows.items()]})
        counter = ledger.read_counter(BUCKET)
        assert counter is not None
        assert (counter.counts.charges, counter.counts.is_priced) == (expected, True)
        ledger.commit({BUCKET: [over(workload_id, before, GONE, 2) for workload_id, before in rows.items()]})
        assert ledger.read_counter(BUCKET) == Counter(2, EMPTY)

    def test_a_fact_that_only_changes_the_price_moves_the_counter(self, ledger: Ledger) -> None:
        """A task that turns out to run on ARM moves its charge, and a reader of the rows can see by the sequence that something moved."""
        ledger.commit({BUCKET: [new("t1")]})
        on_arm = row(rev=SECOND, facts=Facts(cpu=SIZE.cpu, memory=SIZE.memory, architecture="arm64"))
        ledger.commit({BUCKET: [Write("t1", on_arm, row())]})
        assert ledger.read_counter(BUCKET) == Counter(2, on_arm.counts)

    def test_charges_are_written_over_the_sequence_that_was_read(self, ledger: Ledger) -> None:
        """Nothing but the charges changes, and nothing at all once another transaction has moved the counter."""
        ledger.commit({BUCKET: [new("t1")]})
        before = ledger.read_counter(BUCKET)
        assert before is not None
        charges = {(Platform.LINUX_ARM, Capacity.SPOT): Charge(1, 0, 4, 5, 6)}
        assert ledger.price_counter(BUCKET, before, Counts({}, charges))
        assert ledger.read_counter(BUCKET) == Counter(1, Counts(ONE.cells, charges))
        assert ledger.price_counter(BUCKET, before, ONE)
        ledger.commit({BUCKET: [new("t2")]})
        assert not ledger.price_counter(BUCKET, before, Counts({}, charges))
        assert ledger.read_counter(BUCKET) == Counter(2, ONE + ONE)

    def test_a_write_that_moves_no_count_leaves_the_sequence(self, ledger: Ledger) -> None:
        """The sequence counts moves of the counter only, so that `verify` is not disturbed for nothing."""
        ledger.commit({BUCKET: [new("t1")]})
        ledger.commit({BUCKET: [over("t1", row(), RUNNING, 2)]})
        ledger.commit({BUCKET: [new("t2", row(GONE, 1))]})
        assert ledger.read_counter(BUCKET) == Counter(1, ONE)

    def test_rows_that_cancel_out_move_the_sequence(self, ledger: Ledger) -> None:
        """The sum stays; a reader of the rows must know that they did not."""
        ledger.commit({BUCKET: [new("t1")]})
        ledger.commit({BUCKET: [over("t1", row(), GONE, 2), new("t2")]})
        assert ledger.read_counter(BUCKET) == Counter(2, ONE)

    def test_many_counters_come_in_the_order_asked(self, ledger: Ledger) -> None:
        """Each bucket's counter stands at its position, zero where there is none."""
        for cluster, count in ((WEB, 1), (BATCH, 2)):
            ledger.commit({Bucket(cluster, 0): [new(f"t{i}") for i in range(count)]})
        asked = [Bucket(BATCH, 0), Bucket(PODS, 0), Bucket(WEB, 0)]
        assert [counter.counts.running.count for counter in ledger.read_counters(asked)] == [2, 0, 1]
        assert list(ledger.read_counters([])) == []

    def test_more_counters_than_one_request_takes(self, ledger: Ledger) -> None:
        """A scope of 250 clusters is read like any other."""
        ledger.commit({BUCKET: [new("t1")]})
        asked = [Bucket(Cluster(SCOPE, Kind.ECS, f"c{i}"), 0) for i in range(249)] + [BUCKET]
        counters = ledger.read_counters(asked)
        assert (len(counters), counters[-1], set(map(bool, (c.counts for c in counters[:-1])))) == (250, Counter(1, ONE), {False})

    # Repair

    def test_a_counter_is_replaced_over_the_sequence_that_was_read(self, ledger: Ledger) -> None:
        """A repaired counter says what it was given, nothing of what it said before."""
        ledger.commit({BUCKET: [new("t1"), new("t2", row(STOPPING))]})
        before = ledger.read_counter(BUCKET)
        assert before is not None
        assert ledger.replace_counter(BUCKET, before, ONE)
        assert ledger.read_counter(BUCKET) == Counter(before.seq + 1, ONE)

    def test_a_counter_that_has_moved_is_not_replaced(self, ledger: Ledger) -> None:
        """A transaction that came between keeps its effect."""
        ledger.commit({BUCKET: [new("t1")]})
        before = ledger.read_counter(BUCKET)
        assert before is not None
        ledger.commit({BUCKET: [new("t2")]})
        assert not ledger.replace_counter(BUCKET, before, EMPTY)
        assert ledger.read_counter(BUCKET) == Counter(2, ONE + ONE)

    def test_a_counter_that_was_lost_is_made_anew(self, ledger: Ledger) -> None:
        """Where there is no counter one can be written, and only once."""
        assert ledger.replace_counter(BUCKET, Counter(), ONE)
        assert not ledger.replace_counter(BUCKET, Counter(), ONE + ONE)
        assert ledger.read_counter(BUCKET) == Counter(1, ONE)

    def test_transactions_go_on_from_a_replaced_counter(self, ledger: Ledger) -> None:
        """After a repair, rows move the counter as before."""
        ledger.replace_counter(BUCKET, Counter(), EMPTY)
        ledger.commit({BUCKET: [new("t1")]})
        assert ledger.read_counter(BUCKET) == Counter(2, ONE)

    # Buckets

    def test_buckets_have_their_own_rows_and_counter(self, open_ledger: OpenLedger) -> None:
        """What happens in one bucket does not show in another."""
        ledger = open_ledger(buckets=2)
        ledger.register(WEB)
        by_bucket = {bucket_of(WorkloadKey(WEB, f"t{i}"), 2): f"t{i}" for i in range(8)}
        assert len(by_bucket) == 2
        for bucket, workload_id in by_bucket.items():
            assert ledger.commit({bucket: [new(workload_id)]}) == Committed()
        for bucket, workload_id in by_bucket.items():
            assert self.stored(ledger, workload_id) == row()
            assert [found for found, _ in ledger.rows_of(bucket)] == [workload_id]
            assert ledger.read_counter(bucket) == Counter(1, ONE)

    # Clusters

    def test_nothing_is_known_at_first(self, open_ledger: OpenLedger) -> None:
        """A fresh ledger has no scopes and no clusters."""
        ledger = open_ledger()
        assert (list(ledger.scopes()), list(ledger.clusters(SCOPE))) == ([], [])

    def test_clusters_are_found_by_their_scope(self, ledger: Ledger) -> None:
        """Scopes and the clusters of each, sorted, whichever order they came in."""
        elsewhere = Cluster(Scope("999999999999", "ap-southeast-2"), Kind.ECS, "web")
        for cluster in (PODS, elsewhere, BATCH):
            ledger.register(cluster)
        assert list(ledger.scopes()) == [SCOPE, elsewhere.scope]
        assert [state.cluster for state in ledger.clusters(SCOPE)] == [BATCH, WEB, PODS]
        assert [state.cluster for state in ledger.clusters(elsewhere.scope)] == [elsewhere]

    def test_registering_again_changes_nothing(self, open_ledger: OpenLedger) -> None:
        """Another process that meets the cluster later leaves what is known of it."""
        open_ledger(clock=FakeClock(NOW)).register(WEB)
        later = open_ledger(clock=FakeClock(NOW + HOUR))
        later.register(WEB)
        assert [state.first_seen for state in later.clusters(SCOPE)] == [NOW]

    def test_what_sources_know_of_a_cluster_is_kept_apart(self, ledger: Ledger) -> None:
        """The watcher's word leaves the reconciler's; a new word of one source replaces its old one."""
        reconciler = Readability(readable=True, at=NOW, listed_at=NOW)
        watcher = Readability(readable=False, at=NOW + 1, reason="403 Forbidden", remedy="grant list on pods")
        ledger.note(PODS, RECONCILER, Readability(readable=False, at=NOW - 1, reason="timed out"))
        ledger.note(PODS, WATCHER, watcher, epoch=7)
        ledger.note(PODS, RECONCILER, reconciler)
        (state,) = (state for state in ledger.clusters(SCOPE) if state.cluster == PODS)
        assert (dict(state.sources), state.epoch, state.first_seen) == ({RECONCILER: reconciler, WATCHER: watcher}, 7, NOW)

    def test_a_retired_cluster_is_forgotten(self, ledger: Ledger) -> None:
        """It is no longer found by its scope; its rows and counter stay."""
        ledger.commit({BUCKET: [new("t1")]})
        ledger.retire(WEB)
        assert list(ledger.clusters(SCOPE)) == []
        assert (self.stored(ledger), ledger.read_counter(BUCKET)) == (row(), Counter(1, ONE))

    def test_a_retired_cluster_can_come_back(self, ledger: Ledger) -> None:
        """A new fact about it registers it again."""
        ledger.retire(WEB)
        ledger.register(WEB)
        assert [state.cluster for state in ledger.clusters(SCOPE)] == [WEB]

    def test_a_cluster_retired_by_another_process_can_come_back(self, open_ledger: OpenLedger) -> None:
        """A process that has known the cluster for long does not take its own memory for the table's."""
        clock = FakeClock()
        old, other = open_ledger(clock=clock), open_ledger(clock=clock)
        old.register(WEB)
        other.retire(WEB)
        clock.advance(MINUTE)
        old.register(WEB)
        assert [state.cluster for state in other.clusters(SCOPE)] == [WEB]

    def test_noting_a_cluster_that_another_process_retired_makes_it_whole(self, open_ledger: OpenLedger) -> None:
        """Readability never stands alone: the cluster's name is written with it."""
        old, other = open_ledger(clock=FakeClock()), open_ledger(clock=FakeClock())
        view = Readability(readable=True, at=NOW, listed_at=NOW)
        old.register(WEB)
        other.retire(WEB)
        old.note(WEB, RECONCILER, view)
        assert [(state.cluster, dict(state.sources)) for state in other.clusters(SCOPE)] == [(WEB, {RECONCILER: view})]

    def test_when_all_clusters_were_known_is_kept_per_kind(self, open_ledger: OpenLedger) -> None:
        """A scope is known once its clusters have been listed, even if there are none."""
        ledger = open_ledger(clock=FakeClock())
        assert dict(ledger.discoveries(SCOPE)) == {}
        ledger.discovered(SCOPE, Kind.ECS, NOW)
        ledger.discovered(SCOPE, Kind.EKS, NOW + 1)
        ledger.discovered(SCOPE, Kind.ECS, NOW + 2)
        assert dict(open_ledger().discoveries(SCOPE)) == {Kind.ECS: NOW + 2, Kind.EKS: NOW + 1}
        assert list(ledger.scopes()) == [SCOPE]

    # Rebuilding

    def test_a_discarded_row_leaves_its_counter(self, ledger: Ledger) -> None:
        """A row and what it added go in one step; the others stay."""
        ledger.commit({BUCKET: [new("t1"), new("t2"), new("t3", row(GONE, 4))]})
        assert ledger.discard(BUCKET, {"t1": row(), "t3": row(GONE, 4)}) == Committed()
        assert list(ledger.rows_of(BUCKET)) == [("t2", row())]
        assert ledger.read_counter(BUCKET) == Counter(2, ONE)

    def test_a_row_that_has_changed_is_not_discarded(self, ledger: Ledger) -> None:
        """Nothing goes if one of the rows is not what was read."""
        ledger.commit({BUCKET: [new("t1"), new("t2")]})
        assert ledger.discard(BUCKET, {"t1": row(rev=7), "t2": row()}) == changed("t1")
        assert ledger.read_counter(BUCKET) == Counter(1, ONE + ONE)

    def test_another_number_of_buckets_is_everybodys(self, open_ledger: OpenLedger) -> None:
        """Other processes notice within a minute, and look into the old buckets until the rebuild is done."""
        clock = FakeClock()
        ledger, other = open_ledger(buckets=3, clock=clock), open_ledger(buckets=3, clock=clock)
        ledger.register(WEB)
        assert other.buckets == 3
        ledger.divide(2)
        clock.advance(MINUTE)
        assert (other.buckets, other.buckets_ever) == (2, 3)
        ledger.divided()
        clock.advance(MINUTE)
        assert (other.buckets, other.buckets_ever) == (2, 2)

    # All together

    def test_what_record_writes_verifies(self, open_ledger: OpenLedger) -> None:
        """A few hundred observations of two clusters, in and out of order, leave counters that equal their rows."""
        clock = FakeClock()
        ledger = open_ledger(buckets=3, clock=clock)
        everything = [
            seen(phase, version, workload_id=f"t{i}", cluster=cluster)
            for cluster in (WEB, BATCH)
            for i in range(60)
            for version, phase in ((3, STOPPING), (1, PENDING), (4, GONE), (2, RUNNING))
            if version < 4 or i % 3 == 0
        ]
        assert record(everything[::2], ledger, clock).unfinished == ()
        assert record(everything[::-1], open_ledger(buckets=3, clock=clock), clock).unfinished == ()
        findings = list(verify(ledger, [WEB, BATCH], clock))
        assert {found.verdict for found in findings} == {VerifyResult.EQUAL}
        assert sum(found.workloads for found in findings) == 80
        assert sum(found.tombstones for found in findings) == 40
        total = Counts.total(counter.counts for counter in ledger.read_counters([found.bucket for found in findings]))
        assert total.cells == {(STOPPING, Capacity.ON_DEMAND): Tally(80, 256 * 80, 512 * 80)}
