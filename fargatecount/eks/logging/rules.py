"""What Fargate accepts as its logging configuration, rule by rule. Pure.

Fargate checks the ConfigMap when a pod starts. What it refuses leaves the pod without logs and without an error message.
https://docs.aws.amazon.com/eks/latest/userguide/fargate-logging.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from fargatecount.eks.logging.parse import Parsed, Section, parse

NAMESPACE = "aws-observability"
CONFIG_MAP = "aws-logging"
LABEL = "aws-observability"
ENABLED = "enabled"
MAX_CHARACTERS = 5300
"""Of all keys and values of the ConfigMap together. The guide does not say what it counts; this is the stricter reading."""
PROCESS_LOG = "flb_log_cw"
SECTION_OF = {"filters.conf": "FILTER", "output.conf": "OUTPUT", "parsers.conf": "PARSER"}
FILE_OF = {section: name for name, section in SECTION_OF.items()}
REQUIRED = {"FILTER": ("Name", "Match"), "OUTPUT": ("Name", "Match"), "PARSER": ("Name", "Format")}
FILTERS = frozenset({"grep", "parser", "record_modifier", "rewrite_tag", "throttle", "nest", "modify", "kubernetes"})
OUTPUTS = frozenset({"es", "firehose", "kinesis_firehose", "cloudwatch", "cloudwatch_logs", "kinesis"})
SUPPORTED = {"FILTER": FILTERS, "OUTPUT": OUTPUTS}
SERVICE_OWNED = frozenset({"kube_url", "kube_ca_file", "kube_token_command", "kube_token_file"})
VARIABLE = re.compile(r"\$\{[^}\s]*\}?")


class ConfigRule(StrEnum):
    """The rules; the first group refuses a configuration, the second is advice."""

    NAME = "name"
    NAMESPACE_LABEL = "namespace-label"
    SIZE = "size"
    FILE = "file"
    SECTION = "section"
    PLACE = "place"
    REQUIRED_KEY = "required-key"
    VARIABLE = "variable"
    INDENTATION = "indentation"
    FILTER = "filter"
    OUTPUT = "output"
    NO_OUTPUT = "no-output"
    SERVICE_OWNED = "service-owned"
    PROCESS_LOG = "process-log"
    RETENTION_RIGHT = "retention-right"
    UNPARSED = "unparsed"
    UNKNOWN_PARSER = "unknown-parser"

    @property
    def refuses(self) -> bool:
        """Whether Fargate refuses a configuration that breaks it."""
        return self not in {ConfigRule.RETENTION_RIGHT, ConfigRule.UNPARSED, ConfigRule.UNKNOWN_PARSER}


class ConfigFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One broken rule: where, what is wrong, what to write instead."""

    rule: ConfigRule
    file: str = ""
    """Key of the ConfigMap; empty for the object itself."""
    line: int = 0
    """Line of that key's text; 0 for all of it."""
    text: str
    remedy: str

    @property
    def place(self) -> str:
        """The place in words."""
        return f"{self.file} line {self.line}" if self.line else self.file or f"ConfigMap {CONFIG_MAP}"


class LoggingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a cluster has, or shall have: the ConfigMap and the labels of its namespace."""

    data: Mapping[str, str]
    name: str = CONFIG_MAP
    namespace: str = NAMESPACE
    labels: Mapping[str, str] | None = None
    """Of the namespace; None if the namespace is not part of what is checked."""


def refused(findings: list[ConfigFinding]) -> list[ConfigFinding]:
    """Return the findings for which Fargate refuses the configuration."""
    return [finding for finding in findings if finding.rule.refuses]


def refusals_of(config: LoggingConfig) -> list[ConfigFinding]:
    """Return every broken rule that refuses, in the order of the ConfigMap."""
    found = list(_object_rules(config))
    for name, text in config.data.items():
        found += _file_rules(name, text)
    outputs = [section for section in parse(config.data.get("output.conf", "")).sections if section.plugin in OUTPUTS]
    if not outputs:
        remedy = "add an [OUTPUT] section to output.conf, such as: Name cloudwatch_logs"
        found.append(
            ConfigFinding(
                rule=ConfigRule.NO_OUTPUT, file="output.conf", text="there is no supported output: logging stays off", remedy=remedy
            )
        )
    return found


def _object_rules(config: LoggingConfig) -> Iterator[ConfigFinding]:
    if (config.namespace, config.name) != (NAMESPACE, CONFIG_MAP):
        text = f"the ConfigMap is {config.namespace}/{config.name}: Fargate does not look there"
        yield ConfigFinding(rule=ConfigRule.NAME, text=text, remedy=f"name it {CONFIG_MAP}, in the namespace {NAMESPACE}")
    if config.labels is not None and config.labels.get(LABEL) != ENABLED:
        remedy = f"kubectl label namespace {NAMESPACE} {LABEL}={ENABLED}"
        yield ConfigFinding(rule=ConfigRule.NAMESPACE_LABEL, text=f"the namespace lacks the label {LABEL}: {ENABLED}", remedy=remedy)
    size = sum(len(key) + len(value) for key, value in config.data.items())
    if size > MAX_CHARACTERS:
        text = f"the ConfigMap has {size:,} characters, and at most {MAX_CHARACTERS:,} are accepted"
        yield ConfigFinding(rule=ConfigRule.SIZE, text=text, remedy="remove comments and blank lines, or merge filters")


def _file_rules(name: str, text: str) -> Iterator[ConfigFinding]:
    if name == PROCESS_LOG:
        if text not in {"true", "false"}:
            remedy = 'write "true" or "false", in quotes'
            yield ConfigFinding(rule=ConfigRule.PROCESS_LOG, file=name, text=f"the value is {text!r}", remedy=remedy)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        for variable in VARIABLE.findall(line):
            remedy = "write the value itself: Fargate replaces no variables"
            yield ConfigFinding(
                rule=ConfigRule.VARIABLE, file=name, line=number, text=f"{variable} is an environment variable", remedy=remedy
            )
    if name not in SECTION_OF:
        remedy = f"the keys are {', '.join(SECTION_OF)} and {PROCESS_LOG}"
        yield ConfigFinding(rule=ConfigRule.FILE, file=name, text="Fargate does not know this key", remedy=remedy)
        return
    parsed = parse(text)
    for stray in parsed.strays:
        text = f"{stray.text.split()[0]!r} stands outside of a section"
        yield ConfigFinding(
            rule=ConfigRule.SECTION, file=name, line=stray.line, text=text, remedy=f"begin with [{SECTION_OF[name]}]; there are no commands"
        )
    for section in parsed.sections:
        yield from _section_rules(name, section)
    yield from _indentation(name, parsed)


def _section_rules(name: str, section: Section) -> Iterator[ConfigFinding]:
    where = {"file": name, "line": section.line}
    if section.kind not in FILE_OF:
        remedy = "delete it: Fargate has its own, and accepts FILTER, OUTPUT and PARSER only"
        yield ConfigFinding(rule=ConfigRule.SECTION, text=f"[{section.kind}] is refused", remedy=remedy, **where)  # type: ignore[arg-type]
        return
    if section.kind != SECTION_OF[name]:
        remedy = f"move it to {FILE_OF[section.kind]}"
        yield ConfigFinding(rule=ConfigRule.PLACE, text=f"[{section.kind}] does not belong here", remedy=remedy, **where)  # type: ignore[arg-type]
    for key in REQUIRED[section.kind]:
        pair = section.get(key)
        if pair is None or not pair.value:
            remedy = f"add {key}" + (" *" if key == "Match" else "")
            yield ConfigFinding(rule=ConfigRule.REQUIRED_KEY, text=f"[{section.kind}] lacks {key}", remedy=remedy, **where)  # type: ignore[arg-type]
    supported = SUPPORTED.get(section.kind)
    if supported is not None and section.plugin and section.plugin not in supported:
        rule = ConfigRule.FILTER if section.kind == "FILTER" else ConfigRule.OUTPUT
        text = f"{section.plugin} is not supported as {section.kind.lower()}"
        line = getattr(section.get("name"), "line", section.line)
        yield ConfigFinding(rule=rule, file=name, line=line, text=text, remedy=f"supported are {', '.join(sorted(supported))}")
    for pair in section.pairs:
        if pair.key.lower() in SERVICE_OWNED:
            yield ConfigFinding(
                rule=ConfigRule.SERVICE_OWNED, file=name, line=pair.line, text=f"{pair.key} is set by Fargate", remedy="delete the line"
            )


def _indentation(name: str, parsed: Parsed) -> Iterator[ConfigFinding]:
    """Directives have one indentation in a file, pairs one too, and pairs are deeper."""
    if not parsed.sections:
        return
    directive = parsed.sections[0].indent
    pairs = [pair for section in parsed.sections for pair in section.pairs]
    for section in parsed.sections:
        if section.indent != directive:
            text = f"[{section.kind}] is indented by {len(section.indent)}, the first section by {len(directive)}"
            remedy = "indent all sections alike"
            yield ConfigFinding(rule=ConfigRule.INDENTATION, file=name, line=section.line, text=text, remedy=remedy)
    for pair in pairs:
        if pair.indent != pairs[0].indent:
            text = f"{pair.key} is indented by {len(pair.indent)}, the first pair by {len(pairs[0].indent)}"
            yield ConfigFinding(
                rule=ConfigRule.INDENTATION, file=name, line=pair.line, text=text, remedy="indent all pairs of the file alike"
            )
    if pairs and len(pairs[0].indent) <= len(directive):
        text, remedy = f"{pairs[0].key} is not indented more than its section", "indent pairs by four more spaces"
        yield ConfigFinding(rule=ConfigRule.INDENTATION, file=name, line=pairs[0].line, text=text, remedy=remedy)
