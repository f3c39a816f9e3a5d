"""The messages of a watched cluster's stream (`stream`), and the decoding of one line of a Kubernetes watch.

Owns the terms of the watch protocol (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from fargatecount.adapters.kubernetes.http import KubeStatus, error_for
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.eks.decode import UNREADABLE, decode_pod
from fargatecount.eks.pod import Pod, whole_version
from fargatecount.errors import FargatecountError, MalformedError
from fargatecount.workload import Millis, Observation


class Listed(msgspec.Struct, frozen=True):
    """A complete list: the state of every Fargate pod at `version`. A pod that it lacks was gone by then.

    It carries observations instead of pods, because a list may have thousands: each page is reduced to them and dropped.
    """

    pods: list[Observation]
    version: int
    requested_at: Millis
    """The moment before the request."""
    waiting: list[Pod] = []
    """The few pods without a node, whole, because their conditions give the reason."""
    malformed: int = 0
    """Pods of which only identity and phase could be decoded; they are among `pods`."""


class Opened(msgspec.Struct, frozen=True):
    """The server accepted a watch: from now on, silence means that nothing changes."""

    at: Millis


class Seen(msgspec.Struct, frozen=True):
    """A pod was created or changed."""

    pod: Pod
    version: int
    at: Millis


class Gone(msgspec.Struct, frozen=True):
    """A pod's object was deleted."""

    pod: Pod
    version: int
    at: Millis


class Bookmark(msgspec.Struct, frozen=True):
    """The stream has sent everything up to `version`, including what the selector hides."""

    version: int
    at: Millis


class Lost(msgspec.Struct, frozen=True):
    """The cluster cannot be read at the moment; the stream tries again after `retry_in` seconds."""

    error: FargatecountError
    at: Millis
    retry_in: float


Change: TypeAlias = Seen | Gone | Bookmark
Message: TypeAlias = Listed | Opened | Change | Lost


class _Added(msgspec.Struct, tag_field="type", tag="ADDED"):
    object: Pod


class _Modified(msgspec.Struct, tag_field="type", tag="MODIFIED"):
    object: Pod


class _Deleted(msgspec.Struct, tag_field="type", tag="DELETED"):
    object: Pod


class _Marked(msgspec.Struct, tag_field="type", tag="BOOKMARK"):
    object: Pod


class _Failed(msgspec.Struct, tag_field="type", tag="ERROR"):
    object: KubeStatus


class _RawEvent(msgspec.Struct):
    type: str
    object: msgspec.Raw


_EVENT = msgspec.json.Decoder(_Added | _Modified | _Deleted | _Marked | _Failed)
_RAW_EVENT = msgspec.json.Decoder(_RawEvent)


def decode(line: bytes, connection: KubeConnection, at: Millis) -> Change:
    """Return the change in a line of a watch. A pod of which only identity and phase can be decoded is returned with those (`Pod.unread`).

    Raises:
        VersionExpiredError: the server no longer has the version from which the watch started.
        UnavailableError: the server ends the watch with another error.
        MalformedError: the line cannot be decoded.
    """
    try:
        event = _EVENT.decode(line)
    except UNREADABLE as error:
        return _decode_identity(line, connection, at, error)
    if isinstance(event, _Failed):
        raise error_for(connection, event.object.code, event.object.message)
    version = whole_version(event.object.metadata.resource_version)
    if isinstance(event, _Marked):
        return Bookmark(version, at)
    if isinstance(event, _Deleted):
        return Gone(event.object, version, at)
    return Seen(event.object, version, at)


def _decode_identity(line: bytes, connection: KubeConnection, at: Millis, first: Exception) -> Change:
    malformed = MalformedError(f"{connection}: an event of the watch cannot be decoded: {str(first)[:200]}")
    try:
        event = _RAW_EVENT.decode(line)
        if event.type not in {"ADDED", "MODIFIED", "DELETED"}:
            raise malformed
        pod = decode_pod(event.object)
    except (*UNREADABLE, MalformedError) as error:
        raise malformed from error
    version = whole_version(pod.metadata.resource_version)
    return Gone(pod, version, at) if event.type == "DELETED" else Seen(pod, version, at)
