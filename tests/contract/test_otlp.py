"""The exporter's metrics at an OTLP/HTTP receiver, decoded by OpenTelemetry's own protocol package."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from fargatecount.adapters.otlp import OtlpReceiver, metrics_url
from fargatecount.bootstrap.commands.serve import repeated
from fargatecount.errors import UnavailableError
from fargatecount.exporter.push import Pusher
from fargatecount.exporter.samples import samples
from tests.support.deadline import eventually
from tests.support.exporting import VERSION, Exported
from tests.support.http_server import Reply, Request, answering


class Collector:
    """A receiver with a memory; it refuses while `refuses`."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.refuses = False

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve; yield the URL."""
        with answering(self._answer) as url:
            yield url

    def metrics(self) -> dict[str, Metric]:
        """Return the metrics of the last request by name."""
        message = ExportMetricsServiceRequest.FromString(self.requests[-1].body)
        (resource,) = message.resource_metrics
        (scope,) = resource.scope_metrics
        return {metric.name: metric for metric in scope.metrics}

    def _answer(self, request: Request) -> Reply:
        if self.refuses:
            return Reply("no", "text/plain", 403)
        self.requests.append(request)
        return Reply("", "application/x-protobuf")


@pytest.fixture
def exported() -> Exported:
    """An account with an exporter, in which two tasks run."""
    found = Exported()
    found.start("a", "b")
    return found


def test_the_series_are_those_of_the_scrape(exported: Exported) -> None:
    """Name, unit, labels, time and value of each; what is unknown has no point."""
    collector = Collector()
    found = exported.exporter.sample_set()
    with collector.serving() as url:
        OtlpReceiver(url, VERSION).push(found)
    assert collector.requests[0].path == "/v1/metrics"
    pushed = {
        (metric.name, tuple(sorted((each.key, each.value.string_value) for each in point.attributes))): point.as_double
        for metric in collector.metrics().values()
        for point in metric.gauge.data_points
    }
    scraped = {
        (each.family.name, tuple(sorted(zip(each.family.labels, each.values, strict=True)))): each.value
        for each in samples(exported.shared.snapshot(), exported.options, VERSION)
    }
    assert pushed == scraped
    assert pushed["fargatecount_running_workloads", (("account", "123456789012"), ("region", "eu-west-1"))] == 2
    memory = collector.metrics()["fargatecount_held_memory_bytes"]
    assert (memory.unit, {point.time_unix_nano for point in memory.gauge.data_points}) == ("By", {found.at * 1_000_000})
    assert "fargatecount_launch_utilization_ratio" not in collector.metrics()


def test_a_receiver_that_refuses_is_reported_once_and_its_return_too(exported: Exported) -> None:
    """Pushing goes on."""
    collector, reported = Collector(), list[str]()
    with collector.serving() as url:
        receiver = OtlpReceiver(url, VERSION)
        pusher = Pusher(exported.exporter.sample_set, receiver, reported.append)
        for refuses in (True, True, False, False):
            collector.refuses = refuses
            pusher.push()
        collector.refuses = True
        with pytest.raises(UnavailableError, match=f"the OTLP receiver at {url}/v1/metrics does not take"):
            receiver.push(exported.exporter.sample_set())
    assert ([bool(each) for each in reported], len(collector.requests)) == ([True, False], 2)


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("http://collector:4318", "http://collector:4318/v1/metrics"),
        ("https://collector/", "https://collector/v1/metrics"),
        ("https://vendor/otlp/v1/metrics", "https://vendor/otlp/v1/metrics"),
    ],
)
def test_the_path_may_be_left_out(url: str, whole: str) -> None:
    """As the specification has it."""
    assert metrics_url(url) == whole


def test_a_push_is_repeated_until_the_end() -> None:
    """At once, then every so often; its thread ends with the server."""
    calls: list[int] = []
    with repeated(lambda: calls.append(1), 0.01):
        eventually(lambda: len(calls) > 2, "it is repeated", within=10)
    assert "push" not in {thread.name for thread in threading.enumerate()}
