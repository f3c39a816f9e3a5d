"""Reports in memory, for one process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.report import report_id
from fargatecount.reconcile.store import no_such_report
from fargatecount.workload import Millis, Scope


class MemoryReports:
    """Reports in a dictionary, as the JSON of a bucket."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Scope, str], bytes] = {}

    def keep(self, report: ReconcileDocument) -> str:
        """Store a report; return its address."""
        self._kept[Scope(report.account, report.region), report.id] = msgspec.json.encode(report)
        return f"memory:{report.id}"

    def ids(self, scope: Scope, since: Millis | None = None) -> Sequence[str]:
        """Return the ids of the stored reports, oldest first."""
        first = "" if since is None else report_id(since)
        return sorted(one for of, one in self._kept if of == scope and one >= first)

    def read(self, scope: Scope, report_id: str) -> ReconcileDocument:
        """Return one report; raises MisconfiguredError if there is none with that id."""
        try:
            return msgspec.json.decode(self._kept[scope, report_id], type=ReconcileDocument)
        except KeyError as error:
            raise no_such_report(report_id) from error

    def read_many(self, scope: Scope, report_ids: Sequence[str]) -> Iterator[ReconcileDocument]:
        """Return many reports, in the order of the ids."""
        return (self.read(scope, one) for one in report_ids)
