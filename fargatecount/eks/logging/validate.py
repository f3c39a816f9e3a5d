"""All findings of a logging configuration: what Fargate refuses, and what it accepts and then does not do what was meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fargatecount.eks.logging.parse import Section, parse
from fargatecount.eks.logging.rules import ConfigFinding, ConfigRule, LoggingConfig, refusals_of

CRI_PARSERS = re.compile(r"\(\?<\w+>.*stdout\|stderr")
"""How a parser begins that takes the lines of containerd apart: time, stream, tag, message."""


def validate(config: LoggingConfig) -> list[ConfigFinding]:
    """Return every broken rule, those that refuse first."""
    return [*refusals_of(config), *_advice(config)]


def _advice(config: LoggingConfig) -> Iterator[ConfigFinding]:
    """What Fargate accepts, and what then does not do what was meant."""
    outputs, filters, parsers = (parse(config.data.get(name, "")).sections for name in ("output.conf", "filters.conf", "parsers.conf"))
    for section in outputs:
        if (pair := section.get("log_retention_days")) is not None:
            text = "the retention is set by the pod execution role, which needs logs:PutRetentionPolicy"
            remedy = "allow it to the role, or set the retention on the log group: `fargatecount eks logging apply` does both"
            yield ConfigFinding(rule=ConfigRule.RETENTION_RIGHT, file="output.conf", line=pair.line, text=text, remedy=remedy)
    known = {section.get("name").value: section for section in parsers if section.get("name")}  # type: ignore[union-attr]
    used = [(pair, section) for section in filters if section.plugin == "parser" and (pair := section.get("parser")) is not None]
    for pair, _ in used:
        if pair.value not in known:
            text, remedy = f"the parser {pair.value!r} is not defined in parsers.conf", "define it there"
            yield ConfigFinding(rule=ConfigRule.UNKNOWN_PARSER, file="filters.conf", line=pair.line, text=text, remedy=remedy)
    first = next((each for each in used if each[0].value in known), None)
    if first is not None and not _takes_containerd(known[first[0].value]):
        pair, section = first
        key = getattr(section.get("key_name"), "value", "log")
        text = (
            f"the parser {pair.value!r} gets whole lines of containerd ({key} begins with time, stream and tag), and matches none of them"
        )
        remedy = "first a parser filter with Format Regex that takes off time, stream and tag, as in AWS's example (crio)"
        yield ConfigFinding(rule=ConfigRule.UNPARSED, file="filters.conf", line=pair.line, text=text, remedy=remedy)


def _takes_containerd(parser: Section) -> bool:
    pattern = parser.get("regex")
    return pattern is not None and CRI_PARSERS.search(pattern.value) is not None
