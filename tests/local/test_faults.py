"""The settings that make the emulator harsher, and their dice."""

from __future__ import annotations

from typing import Any

import pytest

from local.faults import Dice, FaultBoard, Faults, changed


def test_a_change_keeps_the_other_settings() -> None:
    """Changing one setting leaves those set before."""
    faults = changed(changed(Faults(), {"drop_task_events": 0.5}), {"seed": 3})
    assert (faults.drop_task_events, faults.seed) == (0.5, 3)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"drop_tasks": 1}, "drop_tasks"),
        ({"drop_task_events": 2}, "drop_task_events"),
        ({"throttle": {"ecs:ListTasks": -1}}, "throttle"),
        ({"deny_clusters": "web"}, "deny_clusters"),
        ({"quotas": {"L-3032A538": "six"}}, "quotas"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    """The refusal names the setting that is wrong."""
    with pytest.raises(ValueError, match=named):
        changed(Faults(), change)


def test_a_seed_repeats_its_throws() -> None:
    """The same seed decides the same."""
    one, other = Dice(7), Dice(7)
    assert [one.hits("drop", 0.5) for _ in range(50)] == [other.hits("drop", 0.5) for _ in range(50)]


def test_kinds_of_faults_do_not_disturb_each_other() -> None:
    """Throws of one kind are the same whether or not another kind is thrown in between."""
    alone, mixed = Dice(7), Dice(7)
    expected = [alone.hits("drop", 0.5) for _ in range(50)]
    assert [(mixed.hits("throttle", 0.5), mixed.hits("drop", 0.5))[1] for _ in range(50)] == expected


def test_a_fraction_is_met_in_the_long_run() -> None:
    """A tenth of many throws is about a tenth of them."""
    dice = Dice(1)
    assert 0.08 < sum(dice.hits("drop", 0.1) for _ in range(5000)) / 5000 < 0.12


def test_setting_faults_forgets_what_was_dropped() -> None:
    """The record of lost events belongs to the settings in force."""
    board = FaultBoard()
    board.note_dropped({"taskArn": "a"})
    board.set(Faults())
    assert board.dropped == []
