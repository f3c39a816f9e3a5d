"""Helpers for documents."""

from __future__ import annotations

from typing import TypeVar

from msgspec import UnsetType

T = TypeVar("T")


def present(value: T | UnsetType | None) -> T:
    """Return the value of a key; fail where the key is absent or null."""
    assert value is not None
    assert not isinstance(value, UnsetType)
    return value
