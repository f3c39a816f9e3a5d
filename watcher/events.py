"""What comes out of a watched cluster: the messages of `stream`, and how a line of a Kubernetes watch turns into one.

Owns the watch protocol's words (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from fargatecount.adapters.kubernetes.http import KubeConnection, KubeStatus, refusal
from fargatecount.eks.pod import Pod, whole_version
from fargatecount.errors import FargatecountError, MalformedError
from fargatecount.workload import Millis, Observation


class Listed(msgspec.Struct, frozen=True):
    """A complete list: what every Fargate pod was at `version`. What is not in it was gone by then.

    Not the pods themselves, of which a list may have thousands: each page is read for what it says, and dropped.
    """

    pods: list[Observation]
    version: int
    asked_at: Millis
    """The moment before the question."""
    waiting: list[Pod] = []
    """The few that have no node, whole: what they say of it is told too."""


class Opened(msgspec.Struct, frozen=True):
    """The server accepted a watch: from now on silence means that nothing changes."""

    at: Millis


class Seen(msgspec.Struct, frozen=True):
    """A pod was made or changed."""

    pod: Pod
    version: int
    at: Millis


class Gone(msgspec.Struct, frozen=True):
    """A pod's object was deleted."""

    pod: Pod
    version: int
    at: Millis


class Bookmark(msgspec.Struct, frozen=True):
    """Everything up to `version` has been told, including what the selector hid."""

    version: int
    at: Millis


class Lost(msgspec.Struct, frozen=True):
    """The cluster cannot be read at the moment; it is tried again after `retry_in` seconds."""

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


_EVENT = msgspec.json.Decoder(_Added | _Modified | _Deleted | _Marked | _Failed)


def decode(line: bytes, connection: KubeConnection, at: Millis) -> Change:
    """Return what a line of a watch says.

    Raises:
        VersionExpiredError: the server no longer remembers the version that was watched from.
        UnavailableError: the server ends the watch with another error.
        MalformedError: the line cannot be understood.
    """
    try:
        event = _EVENT.decode(line)
    except msgspec.MsgspecError as error:
        raise MalformedError(f"{connection}: an event of the watch cannot be understood: {error}") from error
    if isinstance(event, _Failed):
        raise refusal(connection, event.object.code, event.object.message)
    version = whole_version(event.object.metadata.resource_version)
    if isinstance(event, _Marked):
        return Bookmark(version, at)
    if isinstance(event, _Deleted):
        return Gone(event.object, version, at)
    return Seen(event.object, version, at)
