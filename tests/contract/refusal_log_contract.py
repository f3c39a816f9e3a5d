"""What a refusal log promises, whatever keeps it."""

from __future__ import annotations

from collections.abc import Callable

from fargatecount.refusals.log import MAX_ITEMS, MOST, WINDOW, RefusalLog, RefusalWindow, kept
from fargatecount.workload import Capacity, Scope
from tests.support.builders import SCOPE, refusal
from tests.support.refusal_windows import START

OpenLog = Callable[[], RefusalLog]
"""Opens the log: each call another process on the same table."""


def item(*numbers: int, at: int = START) -> RefusalWindow:
    """Return these refusals as one item."""
    ((one,),) = kept([refusal(number, at) for number in numbers]).values()
    return one


class RefusalLogContract:
    """The promises, as tests; a subclass says what is tested."""

    def test_nothing_is_remembered_at_first(self, open_log: OpenLog) -> None:
        """A scope of which nobody has ever told has none."""
        assert list(open_log().since(SCOPE, 0)) == []

    def test_what_is_remembered_comes_back_as_it_was(self, open_log: OpenLog) -> None:
        """Every field, for another process too, with a group or without."""
        ((spot,),) = kept([refusal(2, group="", capacity=Capacity.SPOT, is_shortage=False, reason="\x1b <b>")]).values()
        open_log().remember(SCOPE, [item(1, 2), spot])
        assert sorted(open_log().since(SCOPE, 0), key=lambda one: one.capacity) == [item(1, 2), spot]

    def test_told_again_it_is_still_one(self, open_log: OpenLog) -> None:
        """At least once is what every queue promises."""
        one, other = open_log(), open_log()
        one.remember(SCOPE, [item(1)])
        other.remember(SCOPE, [item(1)])
        one.remember(SCOPE, [item(1), item(1)])
        assert list(other.since(SCOPE, 0)) == [item(1)]

    def test_writers_add_to_each_other(self, open_log: OpenLog) -> None:
        """Nobody overwrites what another has written."""
        one, other = open_log(), open_log()
        one.remember(SCOPE, [item(1, 2)])
        other.remember(SCOPE, [item(2, 3)])
        assert list(one.since(SCOPE, 0)) == [item(1, 2, 3)]

    def test_a_full_item_takes_no_more(self, open_log: OpenLog) -> None:
        """It is filled to the last place, and never beyond, by whatever portions."""
        log = open_log()
        log.remember(SCOPE, [item(*range(MOST - 2))])
        log.remember(SCOPE, [item(*range(MOST - 4, MOST + 20))])
        (full,) = log.since(SCOPE, 0)
        assert len(full.ids) == MOST
        assert full.ids >= item(*range(MOST - 2)).ids
        log.remember(SCOPE, [item(*range(100, 200))])
        assert list(log.since(SCOPE, 0)) == [full]

    def test_more_than_there_is_room_for_at_once(self, open_log: OpenLog) -> None:
        """A new item is not larger than a full one."""
        open_log().remember(SCOPE, [item(*range(500))])
        (full,) = open_log().since(SCOPE, 0)
        assert len(full.ids) == MOST

    def test_since_looks_back_as_far_as_it_is_asked_to(self, open_log: OpenLog) -> None:
        """A window counts as long as any of it is after the moment; oldest first."""
        log = open_log()
        windows = [item(1, at=START + n * WINDOW) for n in range(3)]
        log.remember(SCOPE, reversed(windows))
        assert list(log.since(SCOPE, START)) == windows
        assert list(log.since(SCOPE, START + WINDOW - 1)) == windows
        assert list(log.since(SCOPE, START + WINDOW)) == windows[1:]
        assert list(log.since(SCOPE, START + 3 * WINDOW)) == []

    def test_of_very_many_the_newest_are_read(self, open_log: OpenLog) -> None:
        """However many there are, a reader takes a bounded number."""
        log = open_log()
        log.remember(SCOPE, [item(1, at=START + n * WINDOW) for n in range(MAX_ITEMS + 5)])
        found = log.since(SCOPE, 0)
        assert len(found) == MAX_ITEMS
        assert (found[0], found[-1]) == (item(1, at=START + 5 * WINDOW), item(1, at=START + (MAX_ITEMS + 4) * WINDOW))

    def test_scopes_are_apart(self, open_log: OpenLog) -> None:
        """Another Region has refusals of its own."""
        open_log().remember(SCOPE, [item(1)])
        assert list(open_log().since(Scope(SCOPE.account, "us-east-1"), 0)) == []
