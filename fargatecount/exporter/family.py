"""Families: metrics as Prometheus has them, and their text in the OpenMetrics format.

Pure. Every metric is a gauge: the counters are levels, and a level needs no memory of its own. The text is that of
https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md; older scrapers get the text format 0.0.4, which differs
in the lines `# UNIT` and `# EOF` only (https://prometheus.io/docs/instrumenting/exposition_formats/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

NAMESPACE = "fargatecount_"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN_TEXT = "text/plain; version=0.0.4; charset=utf-8"

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})
SCOPE_LABELS = ("account", "region")


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One metric: its name, meaning, and label names."""

    suffix: str
    """The name after `fargatecount_`, its unit last."""
    meaning: str
    unit: str = ""
    labels: tuple[str, ...] = SCOPE_LABELS

    @property
    def name(self) -> str:
        """Its whole name."""
        return NAMESPACE + self.suffix


class ExportedSample(msgspec.Struct, frozen=True):
    """One value of one series."""

    family: Family
    values: tuple[str, ...]
    """Label values, in the order of the family's names."""
    value: float


def render(samples: Iterable[ExportedSample], *, openmetrics: bool) -> bytes:
    """Return the samples as text, family by family in the order of their first sample."""
    by_family: dict[str, list[ExportedSample]] = {}
    for sample in samples:
        by_family.setdefault(sample.family.name, []).append(sample)
    lines = [line for of_one in by_family.values() for line in _family(of_one[0].family, of_one, openmetrics=openmetrics)]
    if openmetrics:
        lines.append("# EOF")
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")


def prefers_openmetrics(accept: str | None) -> bool:
    """Return whether an Accept header asks for OpenMetrics; a quality of 0 refuses it."""
    for each in (accept or "").split(","):
        kind, *parameters = (part.strip().lower() for part in each.split(";"))
        if kind == "application/openmetrics-text" and not any(part in {"q=0", "q=0.0"} for part in parameters):
            return True
    return False


def _family(family: Family, samples: Iterable[ExportedSample], *, openmetrics: bool) -> Iterator[str]:
    # OpenMetrics escapes quotes in help, and 0.0.4 would show the backslash: our own texts have none.
    yield f"# HELP {family.name} {family.meaning}"
    yield f"# TYPE {family.name} gauge"
    if openmetrics and family.unit:
        yield f"# UNIT {family.name} {family.unit}"
    for sample in samples:
        pairs = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in zip(family.labels, sample.values, strict=True))
        yield f"{family.name}{{{pairs}}} {sample.value!r}" if pairs else f"{family.name} {sample.value!r}"
