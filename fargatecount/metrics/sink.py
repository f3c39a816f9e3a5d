"""The port to CloudWatch: where metrics go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fargatecount.metrics.series import DataPoint


class Sink(Protocol):
    """Where metrics go."""

    def put(self, points: Sequence[DataPoint]) -> None:
        """Put them all; raises UnavailableError or DeniedError, and then some may have been put."""
        ...


class UnarmedSink:
    """Puts nothing anywhere, for a deployment that is not armed."""

    def put(self, points: Sequence[DataPoint]) -> None:
        """Do nothing."""
