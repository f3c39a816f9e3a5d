"""Texts and times of ECS's API, made safe to store.

Pure. Fields that only history needs may be of any type: whatever AWS makes of them, the task is still counted.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from fargatecount.ecs.stops import tag_value
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Millis

MAX_LENGTH = 300
"""Characters of a text that is stored: AWS's longest is a group, `service:` and a name of 255."""
MAX_OWNER = 64
"""Characters of an owner: a team has a shorter name, and a row has many other facts beside it."""
MAX_SHORT = 32
"""Characters of a zone, a platform version or a stop code; AWS's longest has 25."""
MAX_STARTER = 64
"""Characters of a `startedBy`, half of what AWS allows: a row has to stay under one kilobyte, and names differ before."""
_DEFINITION = re.compile(r".*:task-definition/([A-Za-z0-9_-]{1,255}):([0-9]{1,9})")
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html: a family has up to 255 of these characters."""


def bounded(value: str | None) -> str | None:
    """Return a text that the table takes: at most `MAX_LENGTH` characters, all encodable; None for an empty one.

    Half of a surrogate pair has no UTF-8 form. The JSON decoder refuses it in an event; boto3's lets it through.
    """
    if not value:
        return None
    cut = value[:MAX_LENGTH]
    return cut if cut.isascii() else cut.encode(errors="replace").decode()


def owner_from(tags: Any, name: str) -> str | None:
    """Return the owner that tags name; None if they do not name one."""
    return bounded((tag_value(tags, name) or "").strip()[:MAX_OWNER])


def starter_of(value: object) -> str | None:
    """Return the `startedBy` of a task; None for anything else."""
    return bounded(value[:MAX_STARTER]) if isinstance(value, str) else None


def short_text(value: object) -> str | None:
    """Return a short text of AWS; None for anything else."""
    return bounded(value[:MAX_SHORT]) if isinstance(value, str) else None


def moment_of(value: object) -> Millis | None:
    """Return the moment in a field of any type; None where there is none."""
    moment = parse_millis(value) if isinstance(value, str | int | float | datetime) else None
    return moment if moment is None or moment >= 0 else None


def definition_of(arn: object) -> tuple[str | None, int | None]:
    """Return family and revision in the ARN of a task definition; None and None for anything else."""
    match = _DEFINITION.fullmatch(arn) if isinstance(arn, str) else None
    return (match[1], int(match[2])) if match else (None, None)
