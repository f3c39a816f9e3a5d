"""Decoding a pod's JSON: whole, or at least its identity and phase.

Pure. Odd bytes in one field of one pod must not stop the page or the watch that it is on.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from fargatecount.eks.pod import Metadata, Pod, Shape, Spec, Status
from fargatecount.errors import MalformedError


class _CoreMetadata(Shape, frozen=True):
    uid: str
    resource_version: str
    name: str = ""
    namespace: str = ""
    deletion_timestamp: msgspec.Raw = msgspec.Raw(b"null")


class _CoreSpec(Shape, frozen=True):
    scheduler_name: str = ""
    node_name: str = ""


class _CoreStatus(Shape, frozen=True):
    phase: str = ""


class _CorePod(Shape, frozen=True):
    """The fields without which a pod cannot be counted; the API server writes all of them but the phase itself."""

    metadata: _CoreMetadata
    spec: _CoreSpec
    status: _CoreStatus = _CoreStatus()


_POD = msgspec.json.Decoder(Pod)
_CORE = msgspec.json.Decoder(_CorePod)
_UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What msgspec raises for JSON that it cannot decode: a wrong shape, a string that is not UTF-8, nesting beyond Python's stack."""


def decode_pod(text: bytes | msgspec.Raw) -> Pod:
    """Return the pod in a JSON object; if only identity and phase can be decoded, return those, with the reason in `unread`.

    Raises:
        MalformedError: not even those can be decoded.
    """
    try:
        return _POD.decode(text)
    except UNREADABLE as error:
        reason = str(error)[:200]
    try:
        core = _CORE.decode(text)
    except UNREADABLE as error:
        raise MalformedError(f"a pod cannot be decoded: {str(error)[:200]}") from error
    metadata = core.metadata
    return Pod(
        metadata=Metadata(
            name=metadata.name,
            namespace=metadata.namespace,
            uid=metadata.uid,
            resource_version=metadata.resource_version,
            deletion_timestamp=None if bytes(metadata.deletion_timestamp) == b"null" else _UNKNOWN_TIME,
        ),
        spec=Spec(scheduler_name=core.spec.scheduler_name, node_name=core.spec.node_name),
        status=Status(phase=core.status.phase),
        unread=reason,
    )
