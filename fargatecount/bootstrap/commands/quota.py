"""Bootstrap of `fargatecount quota`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from fargatecount.adapters.cloudwatch.daily_peaks import CloudWatchPeaks
from fargatecount.adapters.quota_increases import ServiceQuotaIncreases
from fargatecount.adapters.service_quotas import ServiceQuotas
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.commands.report import report_store
from fargatecount.errors import FargatecountError
from fargatecount.increase.peaks import DailyPeak, hourly, peaks_of_reports
from fargatecount.increase.request import IncreaseDesk
from fargatecount.quotas.quota import Quota
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Capacity, Millis, Scope


@dataclass(frozen=True)
class QuotaPorts:
    """Service Quotas, and where past peaks come from."""

    desk: IncreaseDesk
    connection: Connection

    def quotas(self) -> Sequence[Quota]:
        """Return the quotas as Service Quotas has them now; unknown with the reason where they cannot be read."""
        return ServiceQuotas(self.connection.client("service-quotas")).read(self.connection.clock.now())

    def peaks(self, scope: Scope, since: Millis, until: Millis) -> tuple[str | None, Mapping[Capacity, Sequence[DailyPeak]]]:
        """Return the past peaks and their source: the published series, else kept reports; None where neither has any."""
        names = self.connection.metric_names
        with suppress(FargatecountError):
            found = CloudWatchPeaks(self.connection.client("cloudwatch"), namespace=names.namespace, prefix=names.metric_prefix).peaks(
                scope, since, until
            )
            if found:
                return "cloudwatch", found
        store = report_store(self.connection)
        ids = store.ids(scope, since)
        chosen = hourly(ids, [_moment_of(one) for one in ids])
        return ("reports" if chosen else None), peaks_of_reports(store.read_many(scope, chosen))


def quota_ports(connection: Connection) -> QuotaPorts:
    """Build the ports; errors as for `Connection.client`."""
    return QuotaPorts(ServiceQuotaIncreases(connection.client("service-quotas")), connection)


def _moment_of(report_id: str) -> Millis | None:
    """Return the moment in a report's id, such as `20260101T000000.000Z`."""
    return parse_millis(report_id)
