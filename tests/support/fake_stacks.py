"""CloudFormation with a memory: stacks that are changed in steps, as the port promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fargatecount.errors import MisconfiguredError
from fargatecount.stack.progress import ChangeSet, StackEvent, StackState
from fargatecount.workload import Millis
from tests.support.builders import NOW


class FakeStacks:
    """One stack at most; a change ends at the second look at it."""

    def __init__(self) -> None:
        self.deployed: dict[str, Any] | None = None
        self.parameters: dict[str, str] = {}
        self.status = ""
        self.objects: dict[str, bytes] = {}
        self.discarded: list[str] = []
        self.tags: Mapping[str, str] = {}
        self.listed: tuple[Mapping[str, Any], ...] = ()
        """What the next change set lists."""
        self.breaks = ""
        """The reason for which the next change fails."""
        self._next: tuple[str, dict[str, Any], dict[str, str]] | None = None
        self._events: list[StackEvent] = []

    def state(self, name: str) -> StackState | None:
        """Return the stack; the first look after a change still sees it in progress."""
        if self.deployed is None:
            return None
        status = self.status
        if status.endswith("_IN_PROGRESS"):
            self.status = self._end(name, status)
        outputs = {key: str(body["Value"]) for key, body in (self.deployed or {}).get("Outputs", {}).items()}
        return StackState(name=name, status=status, parameters=self.parameters, outputs=outputs)

    def _end(self, name: str, status: str) -> str:
        if self.breaks:
            self._tell("Dashboard", "UPDATE_FAILED", self.breaks)
            self._tell("Topic", "UPDATE_FAILED", "Resource update cancelled")
            self.breaks = ""
            return "UPDATE_ROLLBACK_COMPLETE"
        if status == "DELETE_IN_PROGRESS":
            self.deployed = None
            return "DELETE_COMPLETE"
        self._tell(name, status.replace("IN_PROGRESS", "COMPLETE"))
        return status.replace("IN_PROGRESS", "COMPLETE")

    def _tell(self, name: str, status: str, reason: str = "") -> None:
        self._events.append(StackEvent(id=str(len(self._events)), at=NOW, name=name, type="AWS::Any::Thing", status=status, reason=reason))

    def template(self, name: str) -> dict[str, Any]:
        """Return the deployed template."""
        assert self.deployed is not None, name
        return self.deployed

    def create(self, name: str, template: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Begin to create it."""
        assert self.deployed is None, name
        self.deployed, self.tags, self.status = dict(template), tags, "CREATE_IN_PROGRESS"

    def upload(self, name: str, key: str, body: bytes) -> str:
        """Keep an object."""
        assert self.deployed is not None, f"{name} has no bucket yet"
        self.objects[key] = body
        return f"https://bucket/{key}"

    def prepare(self, name: str, template_url: str, values: Mapping[str, str]) -> ChangeSet:
        """Make a change set of what was uploaded."""
        template = json.loads(self.objects[template_url.removeprefix("https://bucket/")])
        unknown = set(values) - set(template["Parameters"])
        if unknown:
            raise MisconfiguredError(f"Parameters: {sorted(unknown)} do not exist in the template of {name}")
        self._next = ("cs", template, dict(values))
        return ChangeSet(id="cs", changes=self.listed)

    def execute(self, name: str, change_set: ChangeSet) -> None:
        """Begin the change."""
        assert self._next is not None, (name, change_set.id)
        _, template, self.parameters = self._next
        if not self.breaks:
            self.deployed = template
        self.status = "UPDATE_IN_PROGRESS"

    def discard(self, name: str, change_set: ChangeSet) -> None:
        """Forget a change set."""
        assert name
        self.discarded.append(change_set.id)
        self._next = None

    def delete(self, name: str) -> None:
        """Begin to delete it."""
        assert name
        self.status = "DELETE_IN_PROGRESS"

    def events(self, name: str, since: Millis) -> list[StackEvent]:
        """Return the events from then on."""
        assert name
        return [event for event in self._events if event.at >= since]
