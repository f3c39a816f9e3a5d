"""RepairedConfig of a logging configuration: the nearest one that Fargate accepts, and what was changed for it. Pure.

What cannot be guessed, such as the name of a plugin that is missing, is left as it is, and stays a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from fargatecount.eks.logging.config import CRIO_FILTER, CRIO_PARSER, STREAM_PREFIX, LogDestination, default_output
from fargatecount.eks.logging.parse import Pair, Section, parse, write
from fargatecount.eks.logging.rules import (
    ENABLED,
    FILE_OF,
    LABEL,
    MAX_CHARACTERS,
    OUTPUTS,
    PROCESS_LOG,
    REQUIRED,
    SERVICE_OWNED,
    SUPPORTED,
    VARIABLE,
    ConfigRule,
    LoggingConfig,
)
from fargatecount.eks.logging.validate import validate

ALIASES = {"opensearch": "es"}
"""Outputs that Fargate has under another name."""


class RepairedConfig(msgspec.Struct, frozen=True):
    """The repaired configuration and the changes in words."""

    config: LoggingConfig
    changes: tuple[str, ...]


def repair(config: LoggingConfig, destination: LogDestination) -> RepairedConfig:
    """Return the nearest configuration that Fargate accepts; `destination` is where logs go if no usable output is left."""
    broken = {finding.rule for finding in validate(config)}
    changes: list[str] = []
    sections: dict[str, list[Section]] = {kind: [] for kind in FILE_OF}
    for name, text in config.data.items():
        if name == PROCESS_LOG:
            continue
        parsed = parse(text)
        changes += [f"{name} line {stray.line}: removed {stray.text!r}" for stray in parsed.strays]
        for section in parsed.sections:
            if section.kind not in FILE_OF:
                changes.append(f"{name} line {section.line}: removed [{section.kind}]")
                continue
            if name != FILE_OF[section.kind]:
                changes.append(f"{name} line {section.line}: moved [{section.kind}] to {FILE_OF[section.kind]}")
            kept = _section(name, section, destination, changes)
            if kept is not None:
                sections[section.kind].append(kept)
    if not any(section.plugin in OUTPUTS for section in sections["OUTPUT"]):
        sections["OUTPUT"].append(default_output(destination))
        changes.append(f"output.conf: added an output to the log group {destination.group}")
    if ConfigRule.UNPARSED in broken:
        sections["FILTER"].insert(0, CRIO_FILTER)
        sections["PARSER"].append(CRIO_PARSER)
        changes.append("filters.conf: added the parser crio in front, which takes off what containerd puts before each line")
    if ConfigRule.INDENTATION in broken:
        changes.append("all pairs are indented by four spaces, sections by none")
    changes += _object_changes(config, broken)
    return RepairedConfig(_config(config, sections), tuple(changes))


def _config(config: LoggingConfig, sections: Mapping[str, list[Section]]) -> LoggingConfig:
    data = {FILE_OF[kind]: write(tuple(found)) for kind, found in sections.items() if found}
    if (chosen := config.data.get(PROCESS_LOG)) is not None:
        data = {PROCESS_LOG: "true" if chosen.strip().lower() in {"true", "on", "yes"} else "false", **data}
    labels = None if config.labels is None else {**config.labels, LABEL: ENABLED}
    return LoggingConfig(data=data, labels=labels)


def _object_changes(config: LoggingConfig, broken: set[ConfigRule]) -> Iterator[str]:
    if ConfigRule.NAME in broken:
        yield f"renamed from {config.namespace}/{config.name}"
    if ConfigRule.NAMESPACE_LABEL in broken:
        yield f"the namespace gets the label {LABEL}: {ENABLED}"
    if ConfigRule.PROCESS_LOG in broken:
        yield f"{PROCESS_LOG} is a word that Fargate knows"
    if any(line.lstrip().startswith("#") for text in config.data.values() for line in text.splitlines()):
        yield "comments are left out"
    if ConfigRule.SIZE in broken:
        yield f"blank lines are left out, because of the {MAX_CHARACTERS:,} characters"


def _section(name: str, section: Section, destination: LogDestination, changes: list[str]) -> Section | None:
    """Return a section that Fargate accepts; None if its plugin has no replacement."""
    where = f"{name} line"
    supported = SUPPORTED.get(section.kind)
    plugin = ALIASES.get(section.plugin, section.plugin)
    if supported is not None and plugin and plugin not in supported:
        changes.append(f"{where} {section.line}: removed [{section.kind}] {section.plugin}, which Fargate does not support")
        return None
    pairs: list[Pair] = []
    for pair in section.pairs:
        value = pair.value
        if pair.key.lower() in SERVICE_OWNED:
            changes.append(f"{where} {pair.line}: removed {pair.key}, which Fargate sets")
            continue
        if pair.key.lower() == "name" and plugin != section.plugin:
            changes.append(f"{where} {pair.line}: {value} is named {plugin} here")
            value = plugin
        if VARIABLE.search(value):
            value = _without_variables(pair, destination)
            changes.append(f"{where} {pair.line}: {pair.key} {pair.value} became {value or 'nothing: the line is removed'}")
            if not value:
                continue
        pairs.append(msgspec.structs.replace(pair, value=value))
    if "Match" in REQUIRED[section.kind] and section.get("match") is None:
        changes.append(f"{where} {section.line}: added Match *")
        pairs.append(Pair("Match", "*", section.line, "    "))
    if section.kind == "PARSER" and section.get("format") is None and section.get("regex") is not None:
        changes.append(f"{where} {section.line}: added Format regex, because there is a Regex")
        pairs.append(Pair("Format", "regex", section.line, "    "))
    return msgspec.structs.replace(section, pairs=tuple(pairs))


def _without_variables(pair: Pair, destination: LogDestination) -> str:
    """Return the value with what this destination knows in place of variables, and without the others."""

    def known(match: re.Match[str]) -> str:
        name = match[0].strip("${}").upper()
        if "REGION" in name:
            return destination.region
        return destination.cluster if "CLUSTER" in name else ""

    value = VARIABLE.sub(known, pair.value)
    if not re.search(r"[A-Za-z0-9*]", value):
        return STREAM_PREFIX if pair.key.lower() == "log_stream_prefix" else ""
    return value
