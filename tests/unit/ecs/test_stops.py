"""What is kept of the end of a task, and what never is."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.ecs.stops import MAX_REASON, exit_codes, redacted, tag_value

REASONS: list[tuple[object, str | None]] = [
    ("Scaling activity initiated by (deployment ecs-svc/123)", "Scaling activity initiated by (deployment ecs-svc/123)"),
    (
        'CannotStartContainerError: runc create failed: exec: "/app --password=hunter2": not found',
        "CannotStartContainerError: runc create failed: exec: …",
    ),
    ("task failed with process: /app --token hunter2", "task failed with process: …"),
    ("stopped by 'hunter2' and `hunter2`, \"hunter2", "stopped by … and …, …"),
    ("two\nlines", "two lines"),
    ("half a pair \ud800", "half a pair"),
    ("", None),
    (None, None),
    (7, None),
]


@pytest.mark.parametrize(("reason", "kept"), REASONS)
def test_a_reason_keeps_nothing_that_it_quotes(reason: object, kept: str | None) -> None:
    """The runtime quotes the command that it could not start, and a command carries passwords."""
    assert redacted(reason) == kept


def test_a_reason_is_bounded() -> None:
    """A user may stop a task with a reason of any length."""
    assert len(redacted("x" * 5000) or "") == MAX_REASON


CONTAINERS: list[tuple[Any, str | None]] = [
    ([{"name": "app", "exitCode": 0}, {"name": "side", "exitCode": 137}], "app=0 side=137"),
    ([{"name": "app", "exitCode": -1}], "app=4294967295"),
    ([{"name": "app", "lastStatus": "RUNNING"}], None),
    ([{"name": "a b=c", "exitCode": 1}], "a?b?c=1"),
    ([{"name": 3, "exitCode": 1}, {"name": "b", "exitCode": True}, "no container"], None),
    ("no list", None),
    (None, None),
]


@pytest.mark.parametrize(("containers", "kept"), CONTAINERS)
def test_exit_codes_by_container(containers: Any, kept: str | None) -> None:
    """Only names and codes are read; anything else in a container may hold a secret."""
    assert exit_codes(containers) == kept


def test_a_tag_is_found_by_its_exact_key() -> None:
    """ECS's API lists tags as pairs."""
    tags = [{"key": "Team", "value": "a"}, {"key": "team", "value": "payments"}]
    assert (tag_value(tags, "team"), tag_value(tags, "owner"), tag_value(None, "team")) == ("payments", None, None)
