"""Kubernetes quantities (`250m`, `1.5Gi`, `129e6`) as exact numbers, in bounded time and memory.

Pure. Users write quantities, and the API server accepts `1e20000000` and half a million digits. Kubernetes itself caps every quantity at
2^63-1 and rounds anything finer than a nano-unit up, so nothing beyond those bounds is ever computed here.
Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from math import ceil

LARGEST = 2**63 - 1
"""Kubernetes caps larger quantities to this."""
NANOS_PER_UNIT = 10**9
"""Kubernetes rounds finer fractions up to a whole nano-unit."""

_CACHED_LENGTH = 64
"""Characters of the longest text that is cached: real quantities have a dozen, and 1,024 long ones fill a function's memory."""
_MAX_SIGNIFICANT = 64
"""Digits that are computed with; LARGEST in nano-units has 28."""
_MAX_MAGNITUDE = 40
"""Powers of ten beyond which no suffix (10^-9 to 2^60) brings a number back between a nano-unit and LARGEST."""
_MAX_EXPONENT = 10**7
"""Larger than the number of digits in any object (etcd takes 1.5 MiB), so that digits cannot make up for it."""

# Each part can match in one way only: with `[0-9]+\.?[0-9]*` a long run of digits takes quadratic time to refuse.
_QUANTITY = re.compile(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?)([0-9]+)|([numkMGTPE]|[KMGTPE]i)?)")
_SUFFIX = {
    **{suffix: Fraction(1, 1000**power) for power, suffix in enumerate("mun", start=1)},
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", start=1)},
}


def quantity(text: str) -> Fraction:
    """Return a quantity, exact to the nano-unit and at most `LARGEST`: cores, or bytes.

    Raises:
        ValueError: the text is not a quantity, or it is negative.
    """
    return _cached(text) if len(text) <= _CACHED_LENGTH else _parse(text)


def _parse(text: str) -> Fraction:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:100]!r} is not a Kubernetes quantity")
    sign, whole, after_point, only_fraction, exponent_sign, exponent, suffix = match.groups()
    fraction = after_point or only_fraction or ""
    digits = ((whole or "") + fraction).lstrip("0")
    if not digits:
        return Fraction(0)
    if sign == "-":
        raise ValueError(f"{text[:100]!r} is not a Kubernetes quantity that can be requested: it is negative")
    power = _bounded_exponent(exponent_sign, exponent) - len(fraction)
    magnitude = len(digits) - 1 + power  # of the first digit
    if magnitude > _MAX_MAGNITUDE:
        return Fraction(LARGEST)
    if magnitude < -_MAX_MAGNITUDE:
        return Fraction(1, NANOS_PER_UNIT)
    kept, cut = digits[:_MAX_SIGNIFICANT], digits[_MAX_SIGNIFICANT:]
    number = int(kept) + bool(cut.strip("0"))
    value = number * Fraction(10) ** (power + len(cut)) * (_SUFFIX[suffix] if suffix else 1)
    return min(Fraction(ceil(value * NANOS_PER_UNIT), NANOS_PER_UNIT), Fraction(LARGEST))


_cached = lru_cache(maxsize=1024)(_parse)


def _bounded_exponent(sign: str | None, digits: str | None) -> int:
    significant = (digits or "").lstrip("0")
    size = _MAX_EXPONENT if len(significant) > len(str(_MAX_EXPONENT)) else int(significant or 0)
    return -size if sign == "-" else size
