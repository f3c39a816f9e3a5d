"""Rebuild: every row is derived from AWS again, whatever the ledger held, and nothing passes for true while it is under way."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import judge
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Counter, Write, bucket_of
from fargatecount.reconcile.rebuild import Rebuilt, rebuild
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.workload import Facts, Phase, WorkloadKey
from tests.support.account import Account
from tests.support.builders import BATCH, SCOPE, WEB, row


def rebuilt(account: Account, *, buckets: int | None = None) -> list[Rebuilt]:
    """Rebuild the whole account."""
    account.clock.advance(1)
    source = EcsApi(account.ecs, SCOPE, RateLimiter(account.clock), account.clock)
    return rebuild(SCOPE, account.ledger, [source], account.clock, buckets=buckets)


def plant(account: Account, workload_id: str, planted: Row) -> None:
    """Put a row into the ledger behind everybody's back, its counter with it."""
    account.ledger.register(WEB)
    bucket = bucket_of(WorkloadKey(WEB, workload_id), account.ledger.buckets)
    account.ledger.commit({bucket: [Write(workload_id, planted, account.rows().get(workload_id))]})


def test_rows_that_aws_does_not_know_are_thrown_away() -> None:
    """A rebuild does not wait for a row to settle: AWS's word is the only one."""
    account = Account()
    account.ecs.run("t1")
    plant(account, "ghost", row())
    rebuilt(account)
    assert account.living() == {"t1": Phase.RUNNING}


def test_a_living_task_under_a_tombstone_lives_again() -> None:
    """What no order of facts explains, a rebuild decides for AWS."""
    account = Account()
    account.ecs.run("t1")
    plant(account, "t1", row(Phase.GONE, 1))
    rebuilt(account)
    assert account.living() == {"t1": Phase.RUNNING}


def test_a_row_ahead_of_aws_is_set_back() -> None:
    """A version that AWS never gave out does not stand."""
    account = Account()
    account.ecs.run("t1")
    plant(account, "t1", row(Phase.STOPPING, 9_000, facts=Facts(cpu=1, memory=1)))
    rebuilt(account)
    assert (account.living(), account.rows()["t1"].facts.cpu) == ({"t1": Phase.RUNNING}, 256)


def test_counters_that_are_not_the_sum_of_their_rows_are_mended() -> None:
    """A table restored to a point in time may hold half a transaction."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    bucket = bucket_of(WorkloadKey(WEB, "t1"), account.ledger.buckets)
    account.ledger.replace_counter(
        bucket, account.ledger.read_counter(bucket) or Counter(), msgspec.structs.replace(row().counts, cells={})
    )
    assert not account.sums_hold()
    (result,) = rebuilt(account)
    assert (account.sums_hold(), result.mended) == (True, 1)


@pytest.mark.parametrize(("before", "after"), [(1, 4), (4, 1), (2, 3)])
def test_another_number_of_buckets_moves_every_row(before: int, after: int) -> None:
    """After the rebuild every row lies in its new bucket, tombstones too, and none in an old one."""
    account = Account(buckets=before)
    for i in range(30):
        account.deliver(account.ecs.run(f"t{i}"))
    for i in range(10):
        account.deliver(account.ecs.move(f"t{i}", "STOPPED"))
    rebuilt(account, buckets=after)
    assert (account.ledger.buckets, account.ledger.buckets_ever) == (after, after)
    assert (len(account.living()), len(account.rows()), account.ledger.total(WEB).held.count) == (20, 30, 20)
    assert [list(account.ledger.rows_of(Bucket(WEB, number))) for number in range(after, before)] == [[]] * max(before - after, 0)
    assert account.sums_hold()


def test_late_events_do_not_revive_what_a_rebuild_moved() -> None:
    """A tombstone that moved to another bucket still buries."""
    account = Account(buckets=1)
    late = account.ecs.run("t1")
    account.deliver(late, account.ecs.move("t1", "STOPPED"))
    account.ecs.forget("t1")
    rebuilt(account, buckets=5)
    account.deliver(late)
    assert account.living() == {}


def test_events_that_arrive_meanwhile_are_not_lost() -> None:
    """A task that starts while AWS is asked is newer than the answer, and stays."""
    account = Account()
    account.ecs.run("t1")
    account.ecs.before("describe_tasks", lambda: account.deliver(account.ecs.run("t2")))
    rebuilt(account)
    assert account.living() == {"t1": Phase.RUNNING, "t2": Phase.RUNNING}


def test_the_numbers_are_not_trusted_while_they_are_rebuilt() -> None:
    """A reader in the middle of it sees that the cluster is being rebuilt."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.reconcile()
    seen = []
    account.ecs.before("describe_tasks", lambda: seen.append(judge(account.state(), account.clock.now()).reason))
    rebuilt(account)
    assert seen == ["being rebuilt"]
    assert account.readable()


def test_a_cluster_that_cannot_be_read_is_left_as_it_was() -> None:
    """A rebuild throws nothing away because it could not look; the cluster stays unreadable and says why."""
    account = Account()
    account.deliver(account.ecs.run("t1", WEB), account.ecs.run("t2", BATCH))
    account.ecs.deny(WEB)
    results = {result.cluster: result for result in rebuilt(account)}
    assert account.living(WEB) == {"t1": Phase.RUNNING}
    assert "not authorized" in results[WEB].reason
    assert (account.readable(WEB), account.readable(BATCH)) == (False, True)


def test_an_interrupted_rebuild_is_finished_by_the_next() -> None:
    """Whatever was half moved is moved by the next run."""
    account = Account(buckets=1)
    for i in range(10):
        account.deliver(account.ecs.run(f"t{i}"))

    def pull_the_plug() -> None:
        raise FargatecountError("the machine went down")

    account.ecs.before("list_tasks", pull_the_plug)
    rebuilt(account, buckets=4)
    assert account.ledger.buckets_ever == 4
    rebuilt(account)
    assert (len(account.living()), account.sums_hold(), account.readable()) == (10, True, True)


def test_no_reconcile_erases_the_mark_of_an_interrupted_rebuild() -> None:
    """Rows may lie in two buckets until the next rebuild: a pass in between reads the cluster, and does not make it readable."""
    account = Account(buckets=1)
    account.deliver(account.ecs.run("t1"))

    def interrupt() -> None:
        raise KeyboardInterrupt

    account.ecs.before("list_tasks", interrupt)
    with pytest.raises(KeyboardInterrupt):
        rebuilt(account, buckets=4)
    account.reconcile()
    assert not account.readable()
    rebuilt(account)
    assert account.readable()
