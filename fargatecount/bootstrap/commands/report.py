"""Bootstrap of `fargatecount report` as tables and documents; `report_page` is that of its page."""

from __future__ import annotations

from fargatecount.adapters.s3.reports import S3Reports
from fargatecount.adapters.sns import SnsTopic
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.errors import MisconfiguredError


def report_store(connection: Connection) -> S3Reports:
    """Return the store of the kept reports; errors as for `DeployedStack.outputs`."""
    return S3Reports(connection.client("s3"), connection.reports_bucket())


def quiet_topic(connection: Connection) -> SnsTopic:
    """Return the topic of the stack that waits for the morning; it exists only while the stack is armed.

    Raises:
        MisconfiguredError: there is no such topic.
    """
    arn = connection.outputs().get("QuietTopicArn")
    if arn is None:
        raise MisconfiguredError(
            f"stack {connection.stack} has no mail topic, because it is not armed",
            remedy="deploy with the settings armed=true and quietEmail=ADDRESS, or leave out --send",
        )
    return SnsTopic(connection.client("sns"), arn)
