"""The port to the store of reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from fargatecount.errors import MisconfiguredError
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.workload import Millis, Scope


class ReportStore(Protocol):
    """Where reports are kept."""

    def keep(self, report: ReconcileDocument) -> str:
        """Keep a report; return where."""
        ...

    def ids(self, scope: Scope, since: Millis | None = None) -> Sequence[str]:
        """Return the ids of the kept reports, oldest first."""
        ...

    def read(self, scope: Scope, report_id: str) -> ReconcileDocument:
        """Return one report; raises MisconfiguredError where there is none of that id."""
        ...

    def read_many(self, scope: Scope, report_ids: Sequence[str]) -> Iterable[ReconcileDocument]:
        """Return many reports, in the order asked; raises as `read` does."""
        ...


def no_such_report(report_id: str) -> MisconfiguredError:
    """Return the error for an id of which no report is kept."""
    return MisconfiguredError(f"no report {report_id!r} is kept", remedy="reports expire; see which there are: fargatecount report list")
