"""The daily page, which the reconciler's function keeps beside its reports."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from fargatecount.bootstrap.functions.reconcile import ReconcileRuntime
from fargatecount.errors import FargatecountError
from fargatecount.report.page.daily import keep_yesterday
from handlers._runtime import LambdaContext, account_of

TAKES = 60_000
"""Milliseconds that must be left: a day is 288 reports, read ten at a time in a second or two; with 500 clusters they are 60 MB of JSON."""

logger = Logger(service="reconcile")


def keep_page(here: ReconcileRuntime, context: LambdaContext) -> None:
    """Keep yesterday's page if it is not kept yet. A page that cannot be kept fails no run: what was counted is right without it."""
    if context.get_remaining_time_in_millis() < TAKES:
        return
    try:
        where = keep_yesterday(*here.page_sources(account_of(context)), here.clock.now())
    except FargatecountError as error:
        logger.warning("yesterday's page could not be kept: the next run tries again", extra={"error": str(error), "remedy": error.remedy})
    else:
        if where is not None:
            logger.info("yesterday's page is kept", extra={"page": where})
