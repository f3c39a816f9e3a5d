"""The gateway of the emulator: the patches see every AWS request before the emulator does, and its answer after.

A middleware answers by itself or calls the next one (`proceed`), as in any ASGI stack. The emulator checks IAM behind it; what a
middleware answers by itself checks with `denial`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator, responses, router

Response = tuple[int, dict[str, str], bytes]
Proceed = Callable[["Request"], Awaitable[Response]]
Middleware = Callable[["Request", Proceed], Awaitable[Response]]


@dataclass(frozen=True)
class Request:
    """One HTTP request, with its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, Any]
    request_id: str

    @cached_property
    def operation(self) -> str:
        """The IAM action that the request performs, such as `ecs:ListTasks`; empty when it is none."""
        target = self.headers.get("x-amz-target", "")
        if target.startswith("ServiceQuotasV20190624."):  # an action that the emulator does not know
            return "servicequotas:" + target.partition(".")[2]
        routing = app._routing_params(self.method, self.path, self.headers, self.body, self.query)
        service = router.detect_service(self.method, self.path, self.headers, routing)
        action = iam_actions.extract_iam_action(service, self.method, self.path, self.headers, self.body, routing)
        return str(action or "")

    @cached_property
    def data(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            data = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}


def answer(status: int, data: Mapping[str, Any], content_type: str = "application/x-amz-json-1.1") -> Response:
    """Return a JSON answer."""
    return status, {"Content-Type": content_type}, json.dumps(data).encode()


def refusal(code: str, message: str, *, status: int = 400, **more: Any) -> Response:
    """Return an error in the form that the AWS SDKs read from every JSON service; `message` in both spellings that are in use."""
    return answer(status, {"__type": code, "message": message, "Message": message, **more})


def denial(request: Request, service: str, resource: str = "*") -> Response | None:
    """Return the refusal when the caller's IAM policies do not allow the request's operation on `resource`, None when they do."""
    if not app.AUTH:
        return None
    iam_evaluator.pin_request_caller(request.headers, request.query)
    key = router.extract_access_key_id(request.headers, request.query)
    region = responses.get_region()
    denied = iam_evaluator.enforce(key, request.operation, service, region, resource_arn=resource)
    if denied is None:
        return None
    if isinstance(denied, iam_evaluator.AuthError):
        return refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
    return refusal(
        "AccessDeniedException",
        f"User: {denied.principal_arn} is not authorized to perform: {request.operation} because no identity-based policy allows it",
    )


class Gateway:
    """The chain of middlewares, outermost first in the order of `use`."""

    def __init__(self) -> None:
        self._middlewares: list[Middleware] = []

    def use(self, middleware: Middleware) -> None:
        """Add a middleware inside those added before."""
        self._middlewares.append(middleware)

    def apply(self) -> None:
        """Put the chain in front of the emulator's dispatcher."""
        dispatch = app._dispatch_service_request

        async def emulator(request: Request) -> Response:
            reply: Response = await dispatch(request.method, request.path, request.headers, request.body, request.query, request.request_id)
            return reply

        async def door(  # noqa: PLR0917 - the emulator calls it so
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], request_id: str
        ) -> Response:
            proceed: Proceed = emulator
            for middleware in reversed(self._middlewares):
                proceed = _bound(middleware, proceed)
            return await proceed(Request(method, path, headers, body, query, request_id))

        app._dispatch_service_request = door


def _bound(middleware: Middleware, proceed: Proceed) -> Proceed:
    async def bound(request: Request) -> Response:
        return await middleware(request, proceed)

    return bound
