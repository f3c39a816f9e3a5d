"""The scopes that a census has counted, in a file: one line of JSON for each, written when it is counted.

The first line says which census it is, because the numbers of another one must not be mixed in. A line that was cut off, as by a full disk,
is counted again. The file is readable by its owner only: it has the names of clusters and services of every account.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from fargatecount.errors import MisconfiguredError
from fargatecount.timestamps import HOUR, parse_millis
from fargatecount.usage.document import ScopeDocument
from fargatecount.workload import Millis, Scope

T = TypeVar("T")
GOOD_FOR: Millis = HOUR
"""Milliseconds for which a count is continued: numbers that are further apart make no picture of one moment."""
FORMAT = 1


class CensusHead(msgspec.Struct, frozen=True, kw_only=True):
    """Which census a file is of."""

    format: int = FORMAT
    caller: str
    """The account that takes it."""
    role: str
    by: str | None
    """What the groups are by; None with `quick`."""
    owners: tuple[str, str] | None = None
    """The tag and the label that name owners; None where the groups are not by owner."""
    accounts: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """What was selected; empty is all."""

    @property
    def digest(self) -> str:
        """Eight characters that distinguish this census from others of the same caller, for the name of its file."""
        return hashlib.blake2b(msgspec.json.encode(self), digest_size=4).hexdigest()


class CensusFile:
    """The file of one census; what it has from more than an hour before `now` is counted again."""

    def __init__(self, path: Path, head: CensusHead, now: Millis) -> None:
        self._path = path
        self._head = head
        self._now = now
        self._writing = threading.Lock()

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._path

    def counted(self) -> Mapping[Scope, ScopeDocument]:
        """Return the scopes that were counted in the last hour.

        Raises:
            MisconfiguredError: the file cannot be read, or is of another census.
        """
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise MisconfiguredError(f"cannot read {self._path}: {error.strerror or error}", remedy="name another file: --state") from error
        if not lines:
            return {}
        if _read(lines[0], CensusHead) != self._head:
            raise MisconfiguredError(
                f"{self._path} is of another census: of another account, role, selection or grouping",
                remedy="name another file with --state, or begin anew with --fresh",
            )
        found = filter(None, (_read(line, ScopeDocument) for line in lines[1:]))
        return {Scope(each.account or "", each.region): each for each in found if self._now - _counted_at(each) <= GOOD_FOR}

    def keep(self, document: ScopeDocument) -> None:
        """Append a scope; raises MisconfiguredError if the file cannot be written."""
        with self._writing:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
                    if file.tell() == 0:
                        file.write(msgspec.json.encode(self._head) + b"\n")
                    file.write(msgspec.json.encode(document) + b"\n")
            except OSError as error:
                raise MisconfiguredError(
                    f"cannot write {self._path}: {error.strerror or error}", remedy="name a file of yours: --state"
                ) from error

    def forget(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)


def _counted_at(document: ScopeDocument) -> Millis:
    return (parse_millis(document.counted_at) if isinstance(document.counted_at, str) else None) or 0


def _read(line: bytes, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
