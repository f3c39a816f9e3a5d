"""The hub's minute: which scopes are silent, which accounts are closed, and the metrics of the organization."""

from __future__ import annotations

from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from fargatecount.bootstrap.functions.hub import runtime
from fargatecount.organization.overview import overview
from handlers._runtime import LambdaContext

logger = Logger(service="organization")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - AWS's signature
    """Put the metrics of this minute; the event is the schedule's, and says nothing.

    Raises:
        UnavailableError, DeniedError, MalformedError: the table could not be read or the metrics not put. The next minute tries again.
    """
    here = runtime()
    found = overview(here.overview_ports)
    if found.accounts_error:
        logger.warning("AWS Organizations could not be read; the last list is used", extra={"reason": found.accounts_error})
    for scope in found.retired:
        logger.info("retired: the account is closed", extra={"account": scope.account, "region": scope.region})
    summary = {
        "armed": here.settings.armed,
        "points": len(found.points),
        "totals": msgspec.to_builtins(found.totals),
        "silent": [f"{scope.account} {scope.region}" for scope in found.silent[:100]],
    }
    logger.info("published" if here.settings.armed else "unarmed: metrics only logged", extra=summary)
    return summary
