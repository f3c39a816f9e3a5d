"""Bounds: a number with a lower and an upper bound, so that a number from incomplete data is never shown as an exact one.

Pure. Arithmetic keeps the true number within the bounds: a quota minus a lower bound of what is held is an upper bound of what is free. A
comparison returns True, False, or None if the bounds do not decide it.
"""

from __future__ import annotations

import msgspec


class Bounded(msgspec.Struct, frozen=True):
    """A number, and the bounds of the true number; a bound that is None is not known."""

    value: float | None
    """The best estimate; None if nothing is known."""
    low: float | None = None
    high: float | None = None

    @classmethod
    def exact(cls, value: float) -> Bounded:
        """Return a number that is known exactly."""
        return cls(value, value, value)

    @classmethod
    def at_least(cls, value: float) -> Bounded:
        """Return a lower bound."""
        return cls(value, value, None)

    @classmethod
    def at_most(cls, value: float) -> Bounded:
        """Return an upper bound."""
        return cls(value, None, value)

    @property
    def is_exact(self) -> bool:
        """Whether the value is the true number."""
        return self.value is not None and self.low == self.value == self.high

    @property
    def is_at_least(self) -> bool:
        """Whether the value is a lower bound, and not exact."""
        return self.value is not None and self.low == self.value != self.high

    @property
    def is_at_most(self) -> bool:
        """Whether the value is an upper bound, and not exact."""
        return self.value is not None and self.high == self.value != self.low

    @property
    def sign(self) -> str:
        """Return the sign before the value for people: empty, `≥`, `≤`, or `~` for an estimate."""
        if self.value is None or self.is_exact:
            return ""
        return "≥" if self.is_at_least else "≤" if self.is_at_most else "~"

    def __add__(self, other: Bounded) -> Bounded:
        return Bounded(_sum(self.value, other.value), _sum(self.low, other.low), _sum(self.high, other.high))

    def __neg__(self) -> Bounded:
        return Bounded(_negative(self.value), _negative(self.high), _negative(self.low))

    def __sub__(self, other: Bounded) -> Bounded:
        return self + -other

    def percent_of(self, ceiling: float | None) -> Bounded:
        """Return the number in percent of a ceiling; unknown if the ceiling is unknown or 0."""
        if not ceiling:
            return UNKNOWN
        return Bounded(*(None if each is None else each / ceiling * 100 for each in (self.value, self.low, self.high)))

    def holds(self, needed: float) -> bool | None:
        """Return whether the true number is at least `needed`; None if the bounds do not decide it."""
        if self.low is not None and needed <= self.low:
            return True
        if self.high is not None and needed > self.high:
            return False
        return None


UNKNOWN = Bounded(None)


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _negative(value: float | None) -> float | None:
    return None if value is None else 0 - value
