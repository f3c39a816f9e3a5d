"""Convergence: whatever was lost, added or wrong, one full reconcile and the events that were still on their way end in the truth."""

from __future__ import annotations

from functools import partial

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.ledger.row import TOMBSTONE_LIFE, Row
from fargatecount.ledger.store import Write, bucket_of
from fargatecount.workload import Facts, Observation, Phase, SourceRank, WorkloadKey
from tests.support.account import Account
from tests.support.builders import HOUR, MINUTE, WEB

LIVES = ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]
DAMAGES = ["none", "lost", "older", "wrong phase", "wrong size", "no size", "buried by inference"]
LIVING = [Phase.PENDING, Phase.RUNNING, Phase.STOPPING]

lives = st.integers(1, len(LIVES))


class Workload(msgspec.Struct, frozen=True):
    """What happens to one task: how far it lives, how the ledger got it wrong, and how far it lives on while the reconcile looks."""

    lived: int
    damage: str
    lives_on: int
    moment: str
    """The API call before which it lives on."""
    heard: bool
    """Whether the events of that time arrive at once, or only after the reconcile."""


workloads = st.lists(
    st.builds(
        Workload,
        lives,
        st.sampled_from(DAMAGES),
        st.integers(0, 2),
        st.sampled_from(["list_clusters", "list_tasks", "describe_tasks"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def live(account: Account, task_id: str, already: int, until: int) -> list[Observation]:
    """Let a task live on from one state to another; return the events."""
    return [account.ecs.start(task_id) if status == LIVES[0] else account.ecs.move(task_id, status) for status in LIVES[already:until]]


def damage(account: Account, task_id: str, kind: str, draw: st.DataObject) -> None:
    """Make the ledger wrong about a task: its row changes, and its counter with it, as if events had been lost or never right."""
    row = account.rows().get(task_id)
    if row is None or kind == "none":
        return
    values: dict[str, object] = {"rev": row.rev + 1, "source": SourceRank.EVENT}
    if kind == "wrong phase" and row.phase is not Phase.GONE:
        values["phase"] = draw.draw(st.sampled_from(LIVING))
    elif kind == "wrong size":
        values["facts"] = Facts(cpu=4096, memory=8192)
    elif kind == "no size":
        values["facts"] = Facts()
    elif kind == "buried by inference" and row.phase is not Phase.GONE:
        values |= {"phase": Phase.GONE, "inferred": True, "facts": Facts(), "expires_at": account.clock.now() + TOMBSTONE_LIFE}
    write(account, task_id, msgspec.structs.replace(row, **values), row)


def write(account: Account, workload_id: str, new: Row, over: Row | None) -> None:
    """Put a row into the ledger behind everybody's back, its counter with it."""
    bucket = bucket_of(WorkloadKey(WEB, workload_id), account.ledger.buckets)
    account.ledger.register(WEB)
    account.ledger.commit({bucket: [Write(workload_id, new, over)]})


def damaged(tasks: list[Workload], orphans: int, draw: st.DataObject) -> Account:
    """Return an account whose ledger is wrong in every way that was drawn, and settled."""
    account = Account()
    account.ecs.create()
    for i, task in enumerate(tasks):
        events = live(account, f"t{i}", 0, task.lived)
        heard = {"lost": [], "older": events[:-1]}.get(task.damage, events)
        account.deliver(*heard)
        damage(account, f"t{i}", task.damage, draw)
    for i in range(orphans):
        account.deliver(account.ecs.run(f"orphan{i}"))
        account.ecs.forget(f"orphan{i}")
    account.clock.advance(20 * MINUTE)
    return account


def says(account: Account) -> dict[str, tuple[Phase, int | None, int | None]]:
    """Return phase and size of every living row."""
    return {i: (row.phase, row.facts.cpu, row.facts.memory) for i, row in account.rows().items() if row.phase is not Phase.GONE}


def is_so(account: Account) -> dict[str, tuple[Phase, int | None, int | None]]:
    """Return phase and size of every task that AWS has."""
    return {i: (seen.phase, seen.facts.cpu, seen.facts.memory) for i, seen in account.ecs.truth().items()}


@given(workloads, st.integers(0, 2), st.data())
def test_one_full_reconcile_and_the_drained_events_end_in_the_truth(tasks: list[Workload], orphans: int, draw: st.DataObject) -> None:
    """From any damage, with tasks that live on while AWS is asked and events that come late, the ledger ends as AWS is."""
    account = damaged(tasks, orphans, draw)
    on_their_way: list[Observation] = []

    def goes_on(i: int, task: Workload) -> None:
        events = live(account, f"t{i}", task.lived, task.lived + task.lives_on)
        if task.heard:
            account.deliver(*events)
        else:
            on_their_way.extend(events)
        assert account.sums_hold()

    for i, task in enumerate(tasks):
        if task.lives_on:
            account.ecs.before(task.moment, partial(goes_on, i, task))
    for _ in range(2):
        # The guard may ask for a second look where most of a small cluster vanished; it is a later run.
        account.reconcile()
        account.clock.advance(2 * MINUTE)
        if account.readable():
            break
    account.deliver(*draw.draw(st.permutations(on_their_way)))
    assert says(account) == is_so(account)
    assert account.sums_hold()


@given(workloads, st.integers(0, 2), st.data())
def test_a_dry_run_changes_nothing(tasks: list[Workload], orphans: int, draw: st.DataObject) -> None:
    """Whatever is wrong, a dry run leaves every row and every counter as it was."""
    account = damaged(tasks, orphans, draw)
    before = (account.rows(), account.ledger.total(WEB), account.ledger.clusters(WEB.scope))
    account.reconcile(dry_run=True)
    assert (account.rows(), account.ledger.total(WEB), account.ledger.clusters(WEB.scope)) == before


@given(workloads, st.integers(0, 2), st.data())
def test_a_second_reconcile_finds_nothing(tasks: list[Workload], orphans: int, draw: st.DataObject) -> None:
    """What one run has repaired is not repaired again."""
    account = damaged(tasks, orphans, draw)
    account.reconcile()
    account.clock.advance(2 * MINUTE)
    account.reconcile()
    account.clock.advance(HOUR // 60)
    assert account.reconcile().drifted == 0
