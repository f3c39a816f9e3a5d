"""Disk counters and rates: sums over all devices by kind of operation, and operations per second between two readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIELDS = {
    "bytes": "io_service_bytes_recursive",
    "ops": "io_serviced_recursive",
    "queued": "io_queue_recursive",
    "service_time": "io_service_time_recursive",
    "wait_time": "io_wait_time_recursive",
}
"""Our names, and the lists of `blkio_stats` that they sum up."""
WINDOWS = {"bytes": ("read_size_bytes", "write_size_bytes"), "ops": ("read_count_normalized", "write_count_normalized")}
"""Windows counts in `storage_stats`, and only these."""


@dataclass(frozen=True, slots=True)
class Split:
    """One counter by kind of operation; None is not measured."""

    read: int | None
    write: int | None
    total: int | None


DiskCounters = Mapping[str, Split]
"""The counters of `FIELDS`, by our names."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Operations per second; None without an earlier reading of the same container."""

    read: float | None
    write: float | None
    total: float | None


UNKNOWN = Rates(None, None, None)


def disk_counters(block: Mapping[str, Any], storage: Mapping[str, Any]) -> DiskCounters:
    """Return the counters of `blkio_stats`, or of `storage_stats` where the container is one of Windows."""
    if any(key in storage for names in WINDOWS.values() for key in names):
        return {name: _windows(storage, name) for name in FIELDS}
    return {name: _sums(block.get(key)) for name, key in FIELDS.items()}


def rates(now: Split, earlier: Split, seconds: float) -> Rates:
    """Return operations per second between two readings; None for a counter that went back, because its container is another."""
    if seconds <= 0:
        return UNKNOWN
    return Rates(_rate(now.read, earlier.read, seconds), _rate(now.write, earlier.write, seconds), _rate(now.total, earlier.total, seconds))


def _rate(now: int | None, earlier: int | None, seconds: float) -> float | None:
    return None if now is None or earlier is None or now < earlier else (now - earlier) / seconds


def _sums(entries: object) -> Split:
    """Return the sums over devices. An empty list is zero; null is not measured. Only cgroup v1 has a total of its own."""
    if not isinstance(entries, list):
        return Split(None, None, None)
    sums = {"read": 0, "write": 0, "total": 0}
    operations = set()
    for entry in entries:
        operation = str(entry.get("op", "")).lower() if isinstance(entry, dict) else ""
        if operation in sums and isinstance(entry.get("value"), int):
            sums[operation] += entry["value"]
            operations.add(operation)
    return Split(sums["read"], sums["write"], sums["total"] if "total" in operations else sums["read"] + sums["write"])


def _windows(storage: Mapping[str, Any], name: str) -> Split:
    if name not in WINDOWS:
        return Split(None, None, None)
    read, write = (storage.get(key, 0) for key in WINDOWS[name])  # Docker leaves out zero
    return Split(read, write, read + write)
