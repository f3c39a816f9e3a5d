"""What is kept of the end of an ECS task: its texts without anything that a container was started with.

Pure. AWS's own texts name tasks, deployments and target groups. Some of them quote what the container runtime said, and that quotes the
command: `CannotStartContainerError: … exec: "/app --password=…": executable file not found`. Quoted parts are therefore never kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

MAX_REASON = 200
"""Characters of a reason: AWS's own have up to about 150 (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html)."""
MAX_EXIT_CODES = 100
"""Characters of the exit codes: a task has up to ten containers."""
MAX_CONTAINER_NAME = 40

_QUOTED = re.compile(r"\"[^\"]*(?:\"|$)|'[^']*(?:'|$)|`[^`]*(?:`|$)")
_ODD = re.compile(r"[^A-Za-z0-9_-]")
"""No part of a container's name: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html."""
_RUNTIME = re.compile(r"(exec|process|args|command|env)\b\s*[:=].*", re.IGNORECASE | re.DOTALL)


def redacted(reason: object) -> str | None:
    """Return a reason without what it quotes; None for an empty one or something that is no text.

    The runtime's words after `exec:` or `process:` go as a whole, because it does not quote everything.
    """
    if not isinstance(reason, str) or not reason.strip():
        return None
    text = _RUNTIME.sub(r"\1: …", _QUOTED.sub("…", reason[: 4 * MAX_REASON]))
    text = "".join(each if each.isprintable() else " " for each in text).strip()[:MAX_REASON]
    return (text if text.isascii() else text.encode(errors="replace").decode()) or None


def exit_codes(containers: object) -> str | None:
    """Return `app=0 sidecar=137` for the containers of a task that have ended; None if none has."""
    return " ".join(_codes(containers))[:MAX_EXIT_CODES] or None


def _codes(containers: object) -> Iterator[str]:
    for container in containers if isinstance(containers, list) else ():
        if not isinstance(container, Mapping):
            continue
        code, name = container.get("exitCode"), container.get("name")
        if isinstance(code, int) and not isinstance(code, bool) and isinstance(name, str):
            yield f"{_ODD.sub('?', name[:MAX_CONTAINER_NAME])}={code % 2**32}"


def tag_value(tags: Any, name: str) -> str | None:
    """Return the value of a tag in the form of ECS's API (`[{"key": …, "value": …}]`); None if it is not there."""
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, Mapping) and tag.get("key") == name and isinstance(tag.get("value"), str):
            return str(tag["value"])
    return None
