"""What stands in a stats document, and what does not."""

from __future__ import annotations

import pytest

from taskstats.disk import Split, disk_counters
from taskstats.memory import limit_of
from taskstats.reading import Memory, reading_of
from taskstats.task import PAUSE, Container, task_of


@pytest.mark.parametrize("stats", [None, {}, [], "text", {"read": None}, {"read": "0001-01-01T00:00:00Z"}, {"read": "2026-13-01"}])
def test_a_container_without_numbers_has_no_reading(stats: object) -> None:
    """Null, and the zero time of a container that does not run, are no reading."""
    assert reading_of(stats) is None


def test_a_reading_needs_only_its_time() -> None:
    """Every part of the document may be missing or null, and is unknown then; counters that Docker leaves out when zero are zero."""
    whole = reading_of({"read": "2026-10-01T12:00:00.123456789Z", "cpu_stats": None, "memory_stats": None, "networks": None})
    assert whole is not None
    assert whole.at % 1_000_000 == 123456
    assert (whole.cpu.total, whole.memory.usage, whole.memory.failures, dict(whole.networks)) == (None, None, 0, {})
    assert whole.disk["ops"] == Split(None, None, None)


@pytest.mark.parametrize("number", ["12", True, float("nan"), None, [], {}])
def test_what_is_no_number_is_unknown(number: object) -> None:
    """Text, booleans and NaN in place of a number are unknown, and no error."""
    found = reading_of({"read": "2026-10-01T12:00:00Z", "memory_stats": {"usage": number, "stats": {"total_rss": number}}})
    assert found is not None
    assert (found.memory.usage, dict(found.memory.stats)) == (None, {})


def test_a_list_of_nothing_is_zero_and_null_is_unknown() -> None:
    """An empty list is a platform that measures and saw nothing; null is one that does not measure."""
    found = disk_counters({"io_queue_recursive": [], "io_serviced_recursive": None}, {})
    assert found["queued"] == Split(0, 0, 0)
    assert found["ops"] == Split(None, None, None)


def test_odd_disk_entries_are_skipped() -> None:
    """An entry of another shape or operation changes no sum."""
    entries = [{"op": "Read", "value": 3}, {"op": "Discard", "value": 9}, {"op": "Write"}, None, 7, {"op": None, "value": 4}]
    assert disk_counters({"io_serviced_recursive": entries}, {})["ops"] == Split(3, 0, 3)


def container(limit: int | None) -> Container:
    """Return a container with a limit in bytes."""
    return Container("c", "app", "app:1", {}, limit)


@pytest.mark.parametrize(
    ("own", "of_task", "of_cgroup", "expected"),
    [
        (5, 9, 7, (5, "container")),
        (None, 9, 7, (9 * 1024 * 1024, "task")),
        (None, 0, 7, (7, "cgroup")),
        (None, 0, 9223372036854771712, None),
        (None, 0, 0, None),
        (None, 0, None, None),
    ],
)
def test_the_limit_is_the_one_at_which_the_container_is_killed(
    own: int | None, of_task: int, of_cgroup: int | None, expected: tuple[int, str] | None
) -> None:
    """Its own, else the task's, else the cgroup's unless that is absurd."""
    memory = Memory(1, 1, of_cgroup, 0, {}, None, None, None)
    found = limit_of(memory, container(own), task_of({"Limits": {"Memory": of_task}}))
    assert (found and (found.bytes, found.source)) == expected


def test_the_pause_container_is_none_of_the_users() -> None:
    """The container of the task's network is left out, and so is one without an id."""
    named = [{"DockerId": "1", "Name": PAUSE}, {"DockerId": "2", "Name": "app"}, {"Name": "lost"}, None]
    assert [each.name for each in task_of({"Containers": named}).containers] == ["app"]


@pytest.mark.parametrize("document", [None, [], "text", {"Containers": {}}, {"Containers": "x"}])
def test_an_answer_that_is_no_task_is_refused(document: object) -> None:
    """What cannot be a task is an error with its reason, not an empty task."""
    if document == {"Containers": {}}:
        assert task_of(document).containers == ()
        return
    with pytest.raises(ValueError, match="/task"):
        task_of(document)


def test_a_task_on_ec2_has_a_short_cluster_name() -> None:
    """The cluster is an ARN on Fargate and a name on EC2; the document has the name."""
    names = [task_of({"Cluster": cluster}).cluster_name for cluster in ("web", "arn:aws:ecs:eu-west-1:1:cluster/web", "")]
    assert names == ["web", "web", ""]
