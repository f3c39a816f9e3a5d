"""Metrics in a line of log."""

from __future__ import annotations

from fargatecount.metrics import catalog
from fargatecount.metrics.emf import documents
from fargatecount.metrics.series import DataPoint
from tests.support.builders import NOW


def test_a_document_has_what_the_format_wants() -> None:
    """Namespace, dimensions, name, unit and resolution in the directive; the value and the dimensions' values at the root."""
    (document,) = documents([DataPoint(catalog.REFUSED, 1, NOW, ("spot",))], namespace="Fargate Stats", prefix="fargate")
    assert document == {
        "_aws": {
            "Timestamp": NOW,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Fargate Stats",
                    "Dimensions": [["capacity"]],
                    "Metrics": [{"Name": "fargate-launches-refused", "Unit": "Count", "StorageResolution": 60}],
                }
            ],
        },
        "capacity": "spot",
        "fargate-launches-refused": 1,
    }


def test_a_metric_without_dimensions_says_so() -> None:
    """One empty set of dimensions: the format knows no other way."""
    (document,) = documents([DataPoint(catalog.DRIFT, 0, NOW)], namespace="N", prefix="p")
    assert document["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
    assert document["p-drift"] == 0
