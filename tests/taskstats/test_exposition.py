"""/metrics: valid for Prometheus, and without samples of what is not known."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from taskstats.exposition import State, exposition
from tests.support.metadata_endpoint import MIB, UsedContainer, UsedTask
from tests.taskstats.simulated import Simulated


def state(*platforms: str) -> State:
    """Return the state after two readings of one container of each platform."""
    used = UsedTask([UsedContainer(each, each, each, limit_mib=256, user=3.0, reads=7) for each in platforms])  # type: ignore[arg-type]
    simulated = Simulated(used, until=20)
    simulated.run()
    return simulated.sidecar.state


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return the samples of a page by name and labels."""
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}


def test_the_last_reading_is_shown() -> None:
    """Counters in seconds and bytes, limits with their source, and the task as an info metric."""
    found = samples(exposition(state("v1", "v2", "windows")))

    def of(name: str, **labels: str) -> float:
        return found[name, frozenset(labels.items())]

    for platform in ("v1", "v2", "windows"):
        assert of("fargate_task_cpu_seconds_total", container=platform) == pytest.approx(3.0)
        assert of("fargate_task_cpu_cores", container=platform) == 0.0
        assert of("fargate_task_memory_usage_bytes", container=platform) == 8 * MIB
        assert of("fargate_task_memory_limit_bytes", container=platform, source="container") == 256 * MIB
        assert of("fargate_task_disk_operations_total", container=platform, operation="read") == 7
    assert of("fargate_task_info", cluster="web", family="front", revision="12", task="0123456789abcdef0123456789abcdef") == 1
    assert of("fargate_task_vcpu_limit") == 0.5
    assert of("fargate_task_readings_total") == 2


def test_what_is_unknown_has_no_sample() -> None:
    """Before the first reading there are the counters of readings alone; on Windows there is no resident set."""
    assert {name for name, _ in samples(exposition(State(failures=2)))} == {
        "fargate_task_readings_total",
        "fargate_task_failed_readings_total",
    }
    assert "fargate_task_memory_rss_bytes" not in exposition(state("windows"))


def test_a_hostile_name_stays_a_label() -> None:
    """Quotes, backslashes and line ends in a name are escaped."""
    shown = state("v1")
    assert shown.task is not None
    hostile = 'a"b\\c\nd'
    found = samples(exposition(replace(shown, task=replace(shown.task, family=hostile))))
    assert [dict(labels)["family"] for name, labels in found if name == "fargate_task_info"] == [hostile]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_has_no_complaint() -> None:
    """Prometheus' own linter accepts names, types and help texts."""
    page = exposition(state("v1", "v2", "windows"))
    checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False, timeout=30)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
