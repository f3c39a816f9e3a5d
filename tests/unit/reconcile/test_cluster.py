"""Reconciling one cluster: its rows become what AWS says, and nothing becomes zero because it could not be seen."""

from __future__ import annotations

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import MisconfiguredError
from fargatecount.ledger.clusters import judge
from fargatecount.ledger.store import Commit, Transaction
from fargatecount.reconcile.cluster import AGREE_AFTER, RETIRE_AFTER
from fargatecount.reconcile.drift import Cause
from fargatecount.timestamps import DAY
from fargatecount.workload import Phase
from tests.support.account import Account, of
from tests.support.builders import BATCH, MINUTE, SCOPE, WEB


class RefusingLedger(MemoryLedger):
    """A ledger that never accepts the row of task `bad`."""

    def commit(self, transaction: Transaction) -> Commit:
        if any(write.workload_id == "bad" for writes in transaction.values() for write in writes):
            raise MisconfiguredError("Item size has exceeded the maximum allowed size")
        return super().commit(transaction)


def test_a_row_that_the_table_refuses_holds_up_no_other() -> None:
    """All others are counted, the cluster is unreadable with the reason, and the next cluster is read too."""
    account = Account()
    account.ledger = RefusingLedger(2, clock=account.clock)
    for task in ("bad", "good", "other"):
        account.ecs.run(task)
    account.ecs.run("elsewhere", BATCH)
    report = account.reconcile()
    assert {cluster.cluster.key for cluster in report.looked} == {"ECS-web", "ECS-batch"}
    assert "the table refuses the rows of 1 workloads" in of(report).reason
    assert {i for i, row in account.rows().items() if row.phase is Phase.RUNNING} == {"good", "other"}


def test_a_lost_start_is_found() -> None:
    """A task of which no event ever arrived is counted after a reconcile."""
    account = Account()
    account.ecs.run("t1")
    report = account.reconcile(in_flight=0)
    assert account.living() == {"t1": Phase.RUNNING}
    assert [repair.cause for repair in of(report).repairs] == [Cause.MISSED_START]


def test_a_lost_stop_is_found() -> None:
    """A task that has stopped unheard is removed, for certain."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.ecs.move("t1", "STOPPED")
    account.reconcile(in_flight=0)
    assert account.living() == {}
    assert not account.rows()["t1"].inferred


def test_a_stopping_task_still_counts() -> None:
    """A task that is being stopped is missing from the default list, and holds its capacity all the same."""
    account = Account()
    account.ecs.run("t1")
    account.ecs.move("t1", "DEPROVISIONING")
    account.reconcile()
    assert account.living() == {"t1": Phase.STOPPING}


def test_a_task_that_aws_has_forgotten_is_removed() -> None:
    """More than an hour after its stop AWS does not know a task any more: the row is an orphan."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.ecs.forget("t1")
    account.settle()
    report = account.reconcile()
    assert account.living() == {}
    assert [repair.cause for repair in of(report).repairs] == [Cause.ORPHAN]


def test_a_denied_cluster_keeps_its_counts_and_says_why() -> None:
    """A refused cluster is unreadable with the reason and a remedy; its last known counts stay."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.reconcile()
    account.ecs.deny(WEB)
    report = account.reconcile()
    assert account.living() == {"t1": Phase.RUNNING}
    verdict = judge(account.state(), account.clock.now())
    assert not verdict.readable
    assert "not authorized" in str(verdict.reason)
    assert of(report).remedy


def test_a_cluster_is_readable_again_when_it_is_allowed_again() -> None:
    """A failed look does not stick."""
    account = Account()
    account.ecs.run("t1")
    account.ecs.deny(WEB)
    account.reconcile()
    account.ecs.allow(WEB)
    account.reconcile(full=False)
    assert account.readable()


def test_a_task_that_is_born_between_list_and_describe_is_not_lost() -> None:
    """What no list has shown yet and an event has already brought stays as the event said."""
    account = Account()
    account.ecs.run("t1")
    account.ecs.before("describe_tasks", lambda: account.deliver(account.ecs.run("t2")))
    account.reconcile()
    assert account.living() == {"t1": Phase.RUNNING, "t2": Phase.RUNNING}


def test_an_event_that_overtakes_the_answer_wins() -> None:
    """A reconcile older than the last event does not overwrite it."""
    account = Account()
    account.ecs.run("t1")

    def stop_after_answer() -> None:
        account.deliver(account.ecs.move("t1", "STOPPED"))

    view_of_yesterday = account.ecs.event("t1")
    account.ecs.before("list_tasks", stop_after_answer)
    account.reconcile()
    account.deliver(view_of_yesterday)
    assert account.living() == {}


def test_an_orphan_that_moves_while_it_is_judged_stays() -> None:
    """A conclusion from a row that has changed since is void."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.settle()
    account.ecs.hide("t1")
    account.ecs.before("describe_tasks", lambda: account.deliver(account.ecs.move("t1", "DEACTIVATING")))
    account.reconcile()
    assert account.living() == {"t1": Phase.STOPPING}


def test_the_api_undoes_a_wrong_conclusion() -> None:
    """A task that was taken for gone and shows up again is counted again."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.settle()
    account.ecs.hide("t1")
    account.reconcile()
    assert account.living() == {}
    account.ecs.show()
    report = account.reconcile()
    assert account.living() == {"t1": Phase.RUNNING}
    assert [repair.cause for repair in of(report).repairs] == [Cause.RESURRECTED]


def vanished() -> Account:
    """Return an account whose API hides six of eight tasks, after a look that has noticed."""
    account = Account()
    account.deliver(*(account.ecs.run(f"t{i}") for i in range(8)))
    account.settle()
    account.reconcile()
    account.ecs.hide(*(f"t{i}" for i in range(6)))
    account.settle()
    account.reconcile()
    return account


def test_most_of_a_cluster_gone_at_once_makes_it_unreadable() -> None:
    """The counts stay, and the cluster says that it is not sure of them."""
    account = vanished()
    assert (len(account.living()), account.readable()) == (8, False)


def test_a_second_look_that_agrees_removes_them() -> None:
    """The next look, later, is believed."""
    account = vanished()
    account.clock.advance(AGREE_AFTER)
    account.reconcile(full=False)
    assert (len(account.living()), account.readable()) == (2, True)


def test_a_second_look_at_the_same_moment_does_not_agree() -> None:
    """An API that answers wrongly does so for a while."""
    account = vanished()
    account.reconcile(full=False)
    assert len(account.living()) == 8


def test_a_deleted_cluster_is_emptied_and_stays_readable() -> None:
    """A deleted cluster holds nothing, and that is known."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.reconcile()
    account.settle()
    account.ecs.delete(WEB)
    account.reconcile(full=False)
    assert (account.living(), account.readable()) == ({}, True)


def test_a_deleted_cluster_is_forgotten_after_a_week() -> None:
    """It shows its explicit zero for a while first."""
    account = Account()
    account.ecs.create(WEB)
    account.reconcile()
    account.ecs.delete(WEB, remembered=False)
    account.reconcile()
    assert [state.cluster for state in account.ledger.clusters(SCOPE)] == [WEB]
    account.clock.advance(RETIRE_AFTER + MINUTE)
    account.reconcile()
    assert account.ledger.clusters(SCOPE) == []


def test_a_deleted_cluster_is_remembered_as_long_as_one_wants() -> None:
    """A setting says for how long."""
    account = Account()
    account.ecs.create(WEB)
    account.reconcile()
    account.ecs.delete(WEB, remembered=False)
    account.reconcile()
    account.clock.advance(2 * DAY)
    account.reconcile(retire_after=3 * DAY)
    assert [state.cluster for state in account.ledger.clusters(SCOPE)] == [WEB]
    account.reconcile(retire_after=DAY)
    assert account.ledger.clusters(SCOPE) == []


def test_a_stopped_task_is_described_once() -> None:
    """A stop that the ledger knows for certain is not asked for again."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.deliver(account.ecs.move("t1", "STOPPED"))
    account.reconcile()
    assert "describe_tasks" not in account.ecs.asked


def test_the_report_tells_the_counts_before_and_after() -> None:
    """A person sees what a run changed."""
    account = Account()
    account.ecs.run("t1")
    entry = of(account.reconcile())
    assert (entry.before.held.count, entry.after.held.count) == (0, 1)
