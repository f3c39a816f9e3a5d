"""The contract of a refusal log, for every implementation."""

from __future__ import annotations

from collections.abc import Callable

from fargatecount.refusals.log import MAX_IDS, WINDOW, RefusalLog, RefusalWindow, windows
from fargatecount.workload import Capacity, Scope
from tests.support.builders import SCOPE, refusal
from tests.support.refusal_windows import START

OpenLog = Callable[[], RefusalLog]
"""Opens the log; each call stands for another process on the same table."""


def item(*numbers: int, at: int = START) -> RefusalWindow:
    """Return these refusals as one item."""
    ((one,),) = windows([refusal(number, at) for number in numbers]).values()
    return one


class RefusalLogContract:
    """The contract as tests; a subclass provides the implementation."""

    def test_the_log_is_empty_at_first(self, open_log: OpenLog) -> None:
        """A scope without refusals has no items."""
        assert list(open_log().since(SCOPE, 0)) == []

    def test_items_are_returned_as_they_were_stored(self, open_log: OpenLog) -> None:
        """Every field is equal, in another process too, with a group or without."""
        ((spot,),) = windows([refusal(2, group="", capacity=Capacity.SPOT, is_shortage=False, reason="\x1b <b>")]).values()
        open_log().remember(SCOPE, [item(1, 2), spot])
        assert sorted(open_log().since(SCOPE, 0), key=lambda one: one.capacity) == [item(1, 2), spot]

    def test_a_second_delivery_changes_nothing(self, open_log: OpenLog) -> None:
        """Queues deliver at least once, so an id that is stored is not added again."""
        one, other = open_log(), open_log()
        one.remember(SCOPE, [item(1)])
        other.remember(SCOPE, [item(1)])
        one.remember(SCOPE, [item(1), item(1)])
        assert list(other.since(SCOPE, 0)) == [item(1)]

    def test_writers_add_to_each_other(self, open_log: OpenLog) -> None:
        """No writer overwrites the ids of another."""
        one, other = open_log(), open_log()
        one.remember(SCOPE, [item(1, 2)])
        other.remember(SCOPE, [item(2, 3)])
        assert list(one.since(SCOPE, 0)) == [item(1, 2, 3)]

    def test_a_full_item_takes_no_more(self, open_log: OpenLog) -> None:
        """An item is filled to its last place and not beyond, whatever the portions."""
        log = open_log()
        log.remember(SCOPE, [item(*range(MAX_IDS - 2))])
        log.remember(SCOPE, [item(*range(MAX_IDS - 4, MAX_IDS + 20))])
        (full,) = log.since(SCOPE, 0)
        assert len(full.ids) == MAX_IDS
        assert full.ids >= item(*range(MAX_IDS - 2)).ids
        log.remember(SCOPE, [item(*range(100, 200))])
        assert list(log.since(SCOPE, 0)) == [full]

    def test_more_than_there_is_room_for_at_once(self, open_log: OpenLog) -> None:
        """A new item is no larger than a full one."""
        open_log().remember(SCOPE, [item(*range(500))])
        (full,) = open_log().since(SCOPE, 0)
        assert len(full.ids) == MAX_IDS

    def test_since_returns_the_windows_that_end_after_a_moment(self, open_log: OpenLog) -> None:
        """A window is returned while any part of it is after the moment; oldest first."""
        log = open_log()
        stored = [item(1, at=START + n * WINDOW) for n in range(3)]
        log.remember(SCOPE, reversed(stored))
        assert list(log.since(SCOPE, START)) == stored
        assert list(log.since(SCOPE, START + WINDOW - 1)) == stored
        assert list(log.since(SCOPE, START + WINDOW)) == stored[1:]
        assert list(log.since(SCOPE, START + 3 * WINDOW)) == []

    def test_scopes_are_apart(self, open_log: OpenLog) -> None:
        """Another Region has refusals of its own."""
        open_log().remember(SCOPE, [item(1)])
        assert list(open_log().since(Scope(SCOPE.account, "us-east-1"), 0)) == []
