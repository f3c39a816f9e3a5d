"""The settings that name whose a workload is: a tag of tasks and services, a label of pods."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from fargatecount.errors import MisconfiguredError
from fargatecount.settings.environment import PREFIX


class OwnerKeys(msgspec.Struct, frozen=True):
    """What names the owner of a workload; both empty where owners are not asked for."""

    tag: str = ""
    """The tag of tasks and services."""
    label: str = ""
    """The label of pods."""

    def __bool__(self) -> bool:
        """Return whether any workload can have an owner."""
        return bool(self.tag or self.label)


def parse_tag_key(text: str) -> str:
    """Accept the key of a tag."""
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html: up to 128 characters.
    if not re.fullmatch(r"[\w .:/=+@-]{1,128}", text):
        raise ValueError("expected the key of a tag: up to 128 letters, digits, spaces and . : / = + @ _ -")
    return text


def parse_label_key(text: str) -> str:
    """Accept the key of a Kubernetes label."""
    # https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
    if not re.fullmatch(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", text):
        raise ValueError("expected the key of a label, such as team or example.com/team")
    return text


def owner_label_from(environment: Mapping[str, str]) -> str:
    """Return the label of pods that names their owner, for a process that needs no other setting; empty for none.

    Raises:
        MisconfiguredError: the variable has a bad value.
    """
    variable = f"{PREFIX}OWNER_LABEL"
    text = environment.get(variable, "").strip()
    try:
        return parse_label_key(text) if text else ""
    except ValueError as error:
        raise MisconfiguredError(
            f"{variable} is {text!r}: {error}", remedy="set it to the value of `ownerLabel` in serverless.yml"
        ) from error
