"""What leases promise, in memory and in DynamoDB alike."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.ledger.leases import PUBLISH, RECONCILE, LeaseHeldError, LeaseStore, lease
from fargatecount.workload import Scope
from tests.contract.places import PLACES, open_items
from tests.support.builders import MINUTE, NOW, SCOPE
from tests.support.fakes import FakeClock

UNTIL = NOW + MINUTE


@pytest.fixture(params=PLACES)
def leases(request: pytest.FixtureRequest) -> LeaseStore:
    """Return leases of which none is held."""
    items = open_items(request, request.param)
    return MemoryLeases() if items is None else DynamoLeases(items())


def take(leases: LeaseStore, owner: str, *, now: int = NOW, scope: Scope = SCOPE, name: str = RECONCILE) -> str | None:
    """Ask for a lease of a minute."""
    return leases.acquire(scope, name, owner, now=now, until=now + MINUTE)


def test_a_free_lease_is_had(leases: LeaseStore) -> None:
    """No owner is named as its holder."""
    assert take(leases, "one") is None


def test_a_second_one_is_told_who_has_it(leases: LeaseStore) -> None:
    """Of two that ask, one gets it, up to its very end."""
    take(leases, "one")
    assert take(leases, "two") == "one"
    assert take(leases, "two", now=UNTIL) == "one"


def test_the_lease_of_the_dead_ends(leases: LeaseStore) -> None:
    """Who has not given it back by its end has lost it."""
    take(leases, "one")
    assert take(leases, "two", now=UNTIL + 1) is None
    assert take(leases, "one", now=UNTIL + 2) == "two"


def test_a_holder_renews_it(leases: LeaseStore) -> None:
    """Its owner gets it again, with a later end."""
    take(leases, "one")
    assert take(leases, "one", now=NOW + MINUTE // 2) is None
    assert take(leases, "two", now=UNTIL + 1) == "one"


def test_a_lease_that_was_given_back_is_free(leases: LeaseStore) -> None:
    """The next one need not wait for its end."""
    take(leases, "one")
    leases.release(SCOPE, RECONCILE, "one")
    assert take(leases, "two") is None


def test_who_lost_it_cannot_give_it_back(leases: LeaseStore) -> None:
    """One that wakes up after its end takes nothing from who has it now."""
    take(leases, "one")
    take(leases, "two", now=UNTIL + 1)
    leases.release(SCOPE, RECONCILE, "one")
    assert take(leases, "three", now=UNTIL + 2) == "two"


def test_giving_back_what_nobody_has_is_fine(leases: LeaseStore) -> None:
    """It may have been cleared away."""
    leases.release(SCOPE, RECONCILE, "one")
    assert take(leases, "two") is None


def test_names_and_scopes_are_apart(leases: LeaseStore) -> None:
    """A publisher does not wait for a reconciler, nor one Region for another."""
    take(leases, "one")
    assert take(leases, "two", name=PUBLISH) is None
    assert take(leases, "three", scope=Scope(SCOPE.account, "us-east-1")) is None


def test_a_block_that_fails_gives_its_lease_back(leases: LeaseStore) -> None:
    """An error ends the work, and the lease with it."""
    clock = FakeClock()
    with pytest.raises(ZeroDivisionError), lease(leases, SCOPE, RECONCILE, "one", clock, length=MINUTE):
        raise ZeroDivisionError
    assert take(leases, "two") is None


def test_a_block_does_not_begin_beside_another(leases: LeaseStore) -> None:
    """The second caller gets the name of the holder, and does nothing."""
    clock = FakeClock()
    take(leases, "one")
    with pytest.raises(LeaseHeldError, match="one") as told, lease(leases, SCOPE, RECONCILE, "two", clock, length=MINUTE):
        pytest.fail("it began")
    assert told.value.owner == "one"
