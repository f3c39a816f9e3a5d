"""Bootstrap of `fargatecount report` as tables and documents; `report_page` is that of its page."""

from __future__ import annotations

from fargatecount.adapters.s3.reports import S3Reports
from fargatecount.bootstrap.commands.connection import Connection


def report_store(connection: Connection) -> S3Reports:
    """Return the store of the kept reports; errors as for `DeployedStack.outputs`."""
    return S3Reports(connection.client("s3"), connection.reports_bucket())
