"""Quota bars: how full a quota is, at a glance.

Pure. An unknown percentage has no bar, and usage beyond the quota is drawn as such.
"""

from __future__ import annotations

from fargatecount.quotas.thresholds import Grade

FULL, EMPTY, BEYOND = "█", "░", "▶"
ALL = 100
"""Percent."""
WIDTH = 20
"""Cells: one for each five percent."""


def quota_bar(percent: float | None, width: int = WIDTH) -> str:
    """Return a bar of `width` characters, or empty text where the percentage is unknown; more than 100 percent ends in an arrow.

    The first character is full as soon as anything is used, and the last one only when nothing is free.
    """
    if percent is None:
        return ""
    if percent > ALL:
        return FULL * (width - 1) + BEYOND
    filled = max(int(percent / ALL * width), 1 if percent > 0 else 0)
    return FULL * filled + EMPTY * (width - filled)


def color_of(grade: Grade) -> str:
    """Return the color of a bar as Rich names it; empty where the grade is unknown."""
    return _COLORS[grade]


_COLORS = {Grade.OK: "green", Grade.WARNING: "yellow", Grade.CRITICAL: "red", Grade.UNKNOWN: ""}
