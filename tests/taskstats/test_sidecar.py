"""The loop in simulated time: what is written when, what is kept, and what happens when the endpoint is slow or away."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from taskstats.sidecar import Options
from tests.support.metadata_endpoint import MIB, START, UsedContainer, UsedTask
from tests.taskstats.simulated import Simulated

DAY = 86_400


def test_each_container_is_a_line_of_each_reading() -> None:
    """Two containers, read every 10 s for a minute from the first moment on, are twelve lines."""
    lines = Simulated(UsedTask([UsedContainer("1", "app"), UsedContainer("2", "proxy")]), until=60).run()
    assert [line["container"]["name"] for line in lines] == ["app", "proxy"] * 6
    assert [line["@timestamp"][17:19] for line in lines[::2]] == ["00", "10", "20", "30", "40", "50"]


def test_a_container_that_has_not_started_is_no_line() -> None:
    """Stats that are null are skipped until they are there; one without stats at all too."""
    app, late = UsedContainer("1", "app"), UsedContainer("2", "late", started=False)
    used = UsedTask([app, late])

    def start(_: float) -> None:
        late.started = used.seconds >= 20

    names = [line["container"]["name"] for line in Simulated(used, until=40, work=start).run()]
    assert names == ["app", "app", "app", "late", "app", "late"]


def test_rates_start_again_for_a_container_that_came_back() -> None:
    """Rates are between two readings of one container id: another container under the name has none at first."""
    used = UsedTask([UsedContainer("1", "app", reads=1000)])

    def replace(_: float) -> None:
        used.containers = [UsedContainer("1" if used.seconds < 20 else "2", "app", reads=1010 if used.seconds < 20 else 5)]

    found = [line["awsfargate"]["task_stats"]["diskio"]["reads"] for line in Simulated(used, until=30, work=replace).run()]
    assert found == [None, 1.0, None]


def test_an_endpoint_that_is_away_is_an_error_document() -> None:
    """A reading that fails is one line with the reason; the task stays known, and counting goes on when the endpoint is back."""
    used = UsedTask([UsedContainer("1", "app")])
    simulated = Simulated(used, until=40)

    def fail(_: float) -> None:
        simulated.endpoint.away = "/task: connection refused" if 5 < used.seconds < 25 else ""

    simulated.timer._work = fail
    lines = simulated.run()
    assert [line.get("error", {}).get("message") for line in lines] == [
        None,
        "/task: connection refused",
        "/task: connection refused",
        None,
    ]
    assert lines[1]["cloud"]["region"] == "eu-west-1"
    assert (simulated.sidecar.state.readings, simulated.sidecar.state.failures) == (2, 2)


def test_a_slow_answer_moves_no_later_beat() -> None:
    """Readings stay at multiples of the period; those that a slow answer overran are skipped."""
    used = UsedTask([UsedContainer("1", "app")])
    simulated = Simulated(used, until=100)
    simulated.endpoint.slow = 13
    simulated.run()
    assert simulated.timer.waits == [7.0] * 5


def test_sampling_writes_fewer_documents_and_loses_no_delta() -> None:
    """Every third reading is written; its rate is that of the last period, because every reading was taken."""
    container = UsedContainer("1", "app")
    used = UsedTask([container])

    def work(_: float) -> None:
        container.reads += 20

    found = Simulated(used, until=60, options=Options(sample=3), work=work).run()
    assert [line["@timestamp"][17:19] for line in found] == ["00", "30"]
    assert found[1]["awsfargate"]["task_stats"]["diskio"]["reads"] == 2.0


def test_metrics_alone_can_be_written() -> None:
    """Sample 0 and a namespace: one line for each reading, for the whole task, and no document."""
    lines = Simulated(UsedTask([UsedContainer("1", "app"), UsedContainer("2", "b")]), 30, Options(sample=0, namespace="Own")).run()
    assert [set(line) & {"_aws", "@timestamp"} for line in lines] == [{"_aws"}] * 3


@pytest.mark.parametrize("containers", [1, 10])
def test_a_day_leaves_nothing_behind(containers: int) -> None:
    """After a day in which containers come and go no more memory is in use than after half an hour; alone, that is 2,880 readings."""
    used = UsedTask([UsedContainer(str(number), f"app-{number}") for number in range(containers)])
    simulated = Simulated(used, until=DAY, options=Options(sample=100, namespace="Own"))
    sizes: list[int] = []

    def work(_: float) -> None:
        simulated.lines.clear()
        used.containers[0] = UsedContainer(f"run-{used.seconds}", "app-0", reads=int(used.seconds))
        if used.seconds % (DAY / 8) == 0 or used.seconds in (1800, 2000):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])

    simulated.timer._work = work
    tracemalloc.start()
    try:
        simulated.run(every=400.0 if containers > 1 else 30.0)
    finally:
        tracemalloc.stop()
    assert simulated.sidecar.state.failures == 0
    assert len(sizes) == 9
    assert max(sizes[1:]) - sizes[0] < 50_000, sizes  # the first readings fill caches of the interpreter
    assert sizes[-1] - sizes[4] < 10_000, sizes


def test_an_absurd_answer_is_an_error_and_not_the_end() -> None:
    """An answer of another shape is a failed reading like any other."""
    simulated = Simulated(UsedTask([]), until=10)
    answers: list[object] = [[], "text", 7]
    for answer in answers:
        simulated.endpoint.answer = answer
        simulated.sidecar.read()
    assert simulated.sidecar.state.failures == 3


def test_memory_is_counted_in_mebibytes() -> None:
    """The task's metrics: vCPU, percent of the task's vCPU, MiB, percent of the task's memory."""
    first, second = UsedContainer("1", "app", memory=100 * MIB), UsedContainer("2", "b", memory=28 * MIB)
    used = UsedTask([first, second], service="front", vcpu=0.5, memory_mib=512)

    def work(_: float) -> None:
        first.user += 0.1
        second.kernel += 0.15

    last = Simulated(used, until=20, options=Options(sample=0, namespace="Own"), work=work).run()[-1]
    directive = last["_aws"]["CloudWatchMetrics"][0]
    assert directive["Namespace"] == "Own"
    assert directive["Dimensions"] == [["ClusterName"], ["ClusterName", "ServiceName"], ["ClusterName", "TaskDefinitionFamily"]]
    assert {metric["Name"]: last[metric["Name"]] for metric in directive["Metrics"]} == pytest.approx(
        {"task-vcpu-used": 0.25, "task-cpu-utilization": 50.0, "task-memory-used": 128.0, "task-memory-utilization": 25.0}
    )
    assert (last["ClusterName"], last["ServiceName"], last["TaskDefinitionFamily"]) == ("web", "front", "front")
    assert last["_aws"]["Timestamp"] == simulated_millis(10)


def simulated_millis(seconds: float) -> int:
    """Return simulated time in milliseconds."""
    return int((START.timestamp() + seconds) * 1000)


def test_a_sum_of_which_a_part_is_unknown_is_left_out() -> None:
    """While one container's CPU is unknown the task's is not published; its memory is."""
    used = UsedTask([UsedContainer("1", "app")])
    first = Simulated(used, until=10, options=Options(sample=0, namespace="Own")).run()[0]
    assert {"task-memory-used", "task-memory-utilization"} == {each["Name"] for each in first["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
