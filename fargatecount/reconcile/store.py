"""The port to the store of reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from fargatecount.errors import MisconfiguredError
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.workload import Millis, Scope


class ReportStore(Protocol):
    """Stores reports."""

    def keep(self, report: ReconcileDocument) -> str:
        """Store a report; return its address."""
        ...

    def ids(self, scope: Scope, since: Millis | None = None) -> Sequence[str]:
        """Return the ids of the stored reports, oldest first."""
        ...

    def read(self, scope: Scope, report_id: str) -> ReconcileDocument:
        """Return one report; raises MisconfiguredError if there is none with that id."""
        ...

    def read_many(self, scope: Scope, report_ids: Sequence[str]) -> Iterable[ReconcileDocument]:
        """Return many reports, in the order of the ids; raises as `read` does."""
        ...


def no_such_report(report_id: str) -> MisconfiguredError:
    """Return the error for an id without a report."""
    return MisconfiguredError(f"no report {report_id!r} is kept", remedy="reports expire; see which there are: fargatecount report list")
