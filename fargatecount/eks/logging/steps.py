"""The steps of a logging plan; each carries its inverse, so that a run that fails in the middle can be undone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

GROUP_TAG = "fargatecount:eks-cluster"
"""Tag of the log groups made here: only these are deleted again."""


class LogGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A log group: retention in days, None for never; the size in bytes; the cluster that it was made for, empty if not by us."""

    name: str
    retention: int | None
    stored_bytes: int = 0
    made_for: str = ""


class PutPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Write the inline policy of a role; an empty document deletes it."""

    role: str
    name: str
    document: Mapping[str, Any]
    before: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The step in words."""
        return f"inline policy {self.name} of role {self.role}" + ("" if self.document else " deleted")

    @property
    def inverse(self) -> PutPolicy:
        """The step that undoes it."""
        return PutPolicy(role=self.role, name=self.name, document=self.before, before=self.document)


class CreateGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Create a log group with its retention."""

    name: str
    retention: int
    made_for: str

    @property
    def text(self) -> str:
        """The step in words."""
        return f"log group {self.name}, kept for {self.retention} days"

    @property
    def inverse(self) -> DeleteGroup:
        """The step that undoes it; nothing is in the group yet."""
        return DeleteGroup(name=self.name)


class DeleteGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Delete a log group with its logs; nothing undoes it."""

    name: str
    inverse: None = None

    @property
    def text(self) -> str:
        """The step in words."""
        return f"log group {self.name} deleted, with its logs"


class WriteObject(msgspec.Struct, frozen=True, kw_only=True):
    """Write an object of the cluster: `target` None deletes `before`; `whole` replaces it, else it is applied."""

    text: str
    target: Mapping[str, Any] | None
    before: Mapping[str, Any] | None
    whole: bool = False

    @property
    def inverse(self) -> WriteObject:
        """The step that undoes it."""
        return WriteObject(text=f"{self.text} undone", target=self.before, before=self.target, whole=self.whole)


LoggingStep = PutPolicy | CreateGroup | DeleteGroup | WriteObject
