"""A line per request to AWS, for `--verbose`: service, operation, Region, result and time.

Nothing is registered unless the command line has turned the logger on. Parameters are logged at level DEBUG. Answers, headers and
credentials are never logged; no call that is made here has a secret among its parameters.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any

LOG = logging.getLogger("fargatecount.requests")
BEGUN = "fargatecount_begun"
"""Key of a request's context: when the attempt began, in seconds of the monotonic clock."""
LENGTH = 1000
"""Characters of the parameters that a line shows."""


def log_requests_of(session: Any) -> None:
    """Log the requests of a botocore session, if anything listens."""
    if LOG.isEnabledFor(logging.INFO):
        session.register("before-parameter-build", _parameters)
        session.register("request-created", _begin)
        session.register("response-received", _end)


def line(service: str, operation: str, region: str, result: str, seconds: float) -> str:
    """Return the line of one request."""
    return f"{service} {operation} {region}: {result} in {seconds * 1000:.0f} ms"


def _parameters(params: Any, model: Any, **_: Any) -> None:
    if LOG.isEnabledFor(logging.DEBUG):
        text = json.dumps(params, default=str, ensure_ascii=True)
        shown = text if len(text) <= LENGTH else text[:LENGTH] + "..."
        LOG.debug("%s %s %s", model.service_model.endpoint_prefix, model.name, shown)


def _begin(request: Any, **_: Any) -> None:
    request.context[BEGUN] = time.monotonic()


def _end(response_dict: Any, context: Any, exception: Any, event_name: str, **_others: Any) -> None:
    service, _, operation = event_name.removeprefix("response-received.").partition(".")
    result = type(exception).__name__ if response_dict is None else str(response_dict["status_code"])
    region = str(context.get("client_region") or "-")
    LOG.info("%s", line(service, operation, region, result, time.monotonic() - context.get(BEGUN, time.monotonic())))
