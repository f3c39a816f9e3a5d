"""Samples to an OTLP receiver over HTTP, by the official exporter of OpenTelemetry: the extra `otlp`.

https://opentelemetry.io/docs/specs/otlp/#otlphttp; headers, timeouts and certificates are read from the variables of
https://opentelemetry.io/docs/specs/otel/protocol/exporter/. Every sample is a point of a gauge, as on `/metrics`: what is unknown has none.
"""

from __future__ import annotations

import logging
from itertools import groupby
from urllib.parse import urlsplit, urlunsplit

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    Gauge,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from fargatecount.errors import UnavailableError
from fargatecount.exporter.family import ExportedSample, Family
from fargatecount.exporter.push import SampleSet

PATH = "/v1/metrics"
UNITS = {"bytes": "By", "seconds": "s", "ratio": "1", "vcpu": "{vCPU}", "usd": "{USD}"}
"""https://ucum.org, which OpenTelemetry's units follow; what has no unit there stands in braces."""
NANOS_PER_MILLI = 1_000_000


class OtlpReceiver:
    """A receiver such as the OpenTelemetry Collector, by the URL of its HTTP port; the path may be left out."""

    def __init__(self, url: str, version: str) -> None:
        self._url = metrics_url(url)
        # Its own log has tracebacks of each attempt; what became of a push is reported once, by the pusher.
        logging.getLogger("opentelemetry.exporter.otlp").setLevel(logging.CRITICAL)
        self._exporter = OTLPMetricExporter(endpoint=self._url)
        self._resource = Resource.create({"service.name": "fargatecount", "service.version": version})
        self._scope = InstrumentationScope("fargatecount", version)

    def push(self, found: SampleSet) -> None:
        """Send all samples in one request.

        Raises:
            UnavailableError: the receiver did not answer, or refused.
        """
        result = self._exporter.export(metrics_data(found, self._resource, self._scope))
        if result is not MetricExportResult.SUCCESS:
            raise UnavailableError(
                f"the OTLP receiver at {self._url} does not take the metrics", remedy="check its address, and OTEL_EXPORTER_OTLP_HEADERS"
            )

    def close(self) -> None:
        """End the connection."""
        self._exporter.shutdown()


def metrics_url(url: str) -> str:
    """Return the URL for metrics: that of the receiver with the standard path, unless it has a path."""
    parts = urlsplit(url)
    return urlunsplit(parts if parts.path.strip("/") else parts._replace(path=PATH))


def metrics_data(found: SampleSet, resource: Resource, scope: InstrumentationScope) -> MetricsData:
    """Return samples in the SDK's form; those of one family follow each other."""
    metrics = [
        _metric(family, list(samples), found.at * NANOS_PER_MILLI) for family, samples in groupby(found.samples, lambda each: each.family)
    ]
    inner = ScopeMetrics(scope=scope, metrics=metrics, schema_url="")
    return MetricsData(resource_metrics=[ResourceMetrics(resource=resource, scope_metrics=[inner], schema_url="")])


def _metric(family: Family, samples: list[ExportedSample], at: int) -> Metric:
    points = [
        NumberDataPoint(
            attributes=dict(zip(family.labels, sample.values, strict=True)),
            start_time_unix_nano=0,
            time_unix_nano=at,
            value=float(sample.value),  # an int becomes a point of another type
        )
        for sample in samples
    ]
    return Metric(name=family.name, description=family.meaning, unit=UNITS.get(family.unit, ""), data=Gauge(data_points=points))
