"""Lists of a simulated cluster: whole or in pages, every page of one list from one version.

A page is counted before the field selector is applied, which Kubernetes allows ("may return fewer, possibly zero, items" and still a
`continue`: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks): a client that stops at an
empty page fails.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Mapping

import msgspec

from local.kubernetes.history import History
from local.kubernetes.refusal import RefusalError, bad_request, expired
from local.kubernetes.selector import parse


class _Continue(msgspec.Struct):
    """What a `continue` token says: the version of the list and the last key of the page before."""

    rv: int
    namespace: str
    name: str


def page(history: History, query: Mapping[str, str], namespace: str | None) -> bytes:
    """Return the PodList that the query asks for, as JSON.

    Raises:
        RefusalError: 400 for a parameter that makes no sense, 410 for a list from a version that has been compacted, 504 for a version
            that does not exist yet.
    """
    matches = parse(query.get("fieldSelector", ""))
    limit = whole("limit", query.get("limit"))
    last: tuple[str, str] | None = None
    version: int | None = None
    if token := query.get("continue"):
        begun = _decode(token)
        version, last = begun.rv or None, (begun.namespace, begun.name)
    elif asked := whole("resourceVersion", query.get("resourceVersion")):
        if asked > history.version:
            raise RefusalError(504, "Timeout", f"Timeout: Too large resource version: {asked}, current: {history.version}")
        version = asked if query.get("resourceVersionMatch") == "Exact" else None
    try:
        version, pods = history.snapshot(version)
    except RefusalError as refusal:
        # The token of the refusal goes on from the newest version: such a list is of two moments, and who wants one moment begins again.
        again = _encode(_Continue(0, *last)) if last else ""
        raise expired(str(refusal), **{"continue": again}) from refusal
    start = bisect_right(pods, last, key=lambda item: item[0]) if last else 0
    end = start + limit if limit else len(pods)
    chosen = [state.body for (space, _), state in pods[start:end] if (namespace is None or space == namespace) and matches(state.pod)]
    metadata = {"resourceVersion": str(version)}
    if end < len(pods):
        metadata["continue"] = _encode(_Continue(version, *pods[end - 1][0]))
        if not query.get("fieldSelector"):
            metadata["remainingItemCount"] = len(pods) - end  # type: ignore[assignment]
    return b'{"kind":"PodList","apiVersion":"v1","metadata":%s,"items":[%s]}' % (msgspec.json.encode(metadata), b",".join(chosen))


def whole(name: str, text: str | None) -> int:
    """Return a query parameter as a number; nothing is 0.

    Raises:
        RefusalError: 400 where it is not a whole number.
    """
    if text and not text.isdecimal():
        raise bad_request(f'invalid value for {name}: "{text}" is not a whole number')
    return int(text or 0)


def _encode(token: _Continue) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def _decode(text: str) -> _Continue:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Continue)
    except (ValueError, binascii.Error) as error:
        raise bad_request("continue key is not valid") from error
