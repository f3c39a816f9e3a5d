"""One account in one Region of the emulator, which keeps accounts apart by the access key: twelve digits are an account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One account in one Region."""

    account: str
    region: str
