"""Bars: how near a quota is, at a glance.

Pure. Nothing is drawn of what is not known, and what is beyond a quota is drawn as such.
"""

from __future__ import annotations

FULL, EMPTY, BEYOND = "█", "░", "▶"
ALL = 100
"""Percent."""
WIDTH = 20
"""Cells: one for each five percent."""

WARNING = 80.0
CRITICAL = 95.0
"""Percent; the defaults of the settings `warningPercent` and `criticalPercent`, where serverless.yml says why; without a deployment they
are all there is."""


def quota_bar(percent: float | None, width: int = WIDTH) -> str:
    """Return a bar of `width` characters, empty text where the percentage is not known; more than 100 percent ends in an arrow.

    The first character is full as soon as anything is used, and the last one only when nothing is left.
    """
    if percent is None:
        return ""
    if percent > ALL:
        return FULL * (width - 1) + BEYOND
    filled = max(int(percent / ALL * width), 1 if percent > 0 else 0)
    return FULL * filled + EMPTY * (width - filled)


def color_of(percent: float | None, warning: float = WARNING, critical: float = CRITICAL) -> str:
    """Return the colour of a bar, in Rich's words; none where nothing is known."""
    if percent is None:
        return ""
    return "red" if percent >= critical else "yellow" if percent >= warning else "green"
