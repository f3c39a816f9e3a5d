"""An AWS that refuses every call with one code, in whichever protocol it is asked."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager

from tests.support.http_server import Reply, Request, answering


def refusing(code: str, message: str = "told", *, status: int = 403) -> AbstractContextManager[str]:
    """Serve on a free port of the loopback interface; yield the URL."""

    def refuse(request: Request) -> Reply:
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        body = error if "/s3/" in request.headers.get("Authorization", "") else f"<ErrorResponse>{error}</ErrorResponse>"
        kind = "text/xml"
        if "X-Amz-Target" in request.headers or request.path.startswith("/clusters"):
            body, kind = json.dumps({"__type": code, "message": message}), "application/x-amz-json-1.0"
        return Reply(body, kind, status, {"x-amzn-errortype": code})

    return answering(refuse)
