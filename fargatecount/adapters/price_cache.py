"""Refreshed prices on this machine: one file in the user's cache directory, with the day of each Region's prices.

$XDG_CACHE_HOME, else ~/.cache (https://specifications.freedesktop.org/basedir-spec/latest/). A file that cannot be read counts as none:
prices are never a reason for a command to fail.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fargatecount.errors import MisconfiguredError
from fargatecount.usage.price_list import RefreshedPrices

MAX_BYTES = 1_000_000
"""Thirty Regions take 10 KB."""


def cache_file(environment: Mapping[str, str]) -> Path:
    """Return the place of the file."""
    base = environment.get("XDG_CACHE_HOME", "")
    folder = Path(base) if Path(base).is_absolute() else Path(environment.get("HOME") or "/") / ".cache"
    return folder / "fargatecount" / "prices.json"


def cached_prices(environment: Mapping[str, str]) -> Mapping[str, RefreshedPrices]:
    """Return the refreshed prices by Region."""
    try:
        with cache_file(environment).open("rb") as file:
            return msgspec.json.decode(file.read(MAX_BYTES), type=dict[str, RefreshedPrices])
    except (OSError, msgspec.MsgspecError):
        return {}


def keep_prices(environment: Mapping[str, str], prices: Mapping[str, RefreshedPrices]) -> Path:
    """Replace the refreshed prices.

    Raises:
        MisconfiguredError: the file cannot be written; the old one stays.
    """
    path = cache_file(environment)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(msgspec.json.encode(prices))
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise MisconfiguredError(
            f"cannot write {path}: {error.strerror or error}", remedy="set XDG_CACHE_HOME to a folder of yours"
        ) from error
    return path
