"""Every rule of Fargate's validation: a configuration that keeps it, and one that breaks it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from fargatecount.eks.logging.config import LogDestination, default_data
from fargatecount.eks.logging.fix import repair
from fargatecount.eks.logging.objects import config_of_manifests
from fargatecount.eks.logging.rules import ConfigFinding, ConfigRule, LoggingConfig, refused
from fargatecount.eks.logging.validate import validate

DESTINATION = LogDestination(
    cluster="web", account="111122223333", region="eu-west-1", partition="aws", group="/aws/eks/web/fargate", retention=30
)
OUTPUT = "[OUTPUT]\n    Name cloudwatch\n    Match *\n    region eu-west-1\n    log_group_name g\n"
GREP = "[FILTER]\n    Name grep\n    Match *\n    Exclude log debug\n"
JSON = "[PARSER]\n    Name json\n    Format json\n"
LABELS = {"aws-observability": "enabled"}


def config(output: str = OUTPUT, *, filters: str = "", parsers: str = "", **others: str) -> LoggingConfig:
    """Return a configuration of these files."""
    data = {"output.conf": output, "filters.conf": filters, "parsers.conf": parsers}
    return LoggingConfig(data={name: text for name, text in data.items() if text} | others, labels=LABELS)


@dataclass(frozen=True)
class Case:
    """One rule: accepted and refused, and where and how the refusal is reported."""

    rule: ConfigRule
    accepted: LoggingConfig
    refused: LoggingConfig
    place: str
    remedy: str

    @property
    def name(self) -> str:
        return f"{self.rule}: {self.place}"


def renamed(**names: str) -> LoggingConfig:
    """Return a good configuration under another name or namespace."""
    return LoggingConfig(data=config().data, labels=LABELS, **names)


def labeled(labels: dict[str, str]) -> LoggingConfig:
    """Return a good configuration in a namespace with these labels."""
    return LoggingConfig(data=config().data, labels=labels)


def sized(characters: int) -> LoggingConfig:
    """Return a good configuration of so many characters."""
    bare = sum(len(key) + len(value) for key, value in config().data.items())
    return config(OUTPUT + "#" * (characters - bare - 1) + "\n")


R = ConfigRule
CASES = [
    Case(R.NAME, renamed(), renamed(name="logging"), "ConfigMap aws-logging", "name it aws-logging"),
    Case(R.NAME, renamed(), renamed(namespace="default"), "ConfigMap aws-logging", "in the namespace aws-observability"),
    Case(R.NAMESPACE_LABEL, labeled(LABELS), labeled({}), "ConfigMap aws-logging", "kubectl label namespace"),
    Case(R.NAMESPACE_LABEL, labeled(LABELS), labeled({"aws-observability": "true"}), "ConfigMap aws-logging", "=enabled"),
    Case(R.SIZE, sized(5300), sized(5301), "ConfigMap aws-logging", "remove comments"),
    Case(R.FILE, config(filters=GREP), config(**{"fluent-bit.conf": GREP}), "fluent-bit.conf", "filters.conf, output.conf, parsers.conf"),
    Case(R.SECTION, config(filters=GREP), config("[SERVICE]\n    Flush 1\n" + OUTPUT), "output.conf line 1", "delete it"),
    Case(R.SECTION, config(filters=GREP), config("[INPUT]\n    Name tail\n" + OUTPUT), "output.conf line 1", "delete it"),
    Case(R.SECTION, config(filters=GREP), config(filters="@INCLUDE more.conf\n" + GREP), "filters.conf line 1", "no commands"),
    Case(R.PLACE, config(filters=GREP), config(OUTPUT + GREP), "output.conf line 6", "move it to filters.conf"),
    Case(R.PLACE, config(parsers=JSON), config(filters=GREP + JSON), "filters.conf line 5", "move it to parsers.conf"),
    Case(R.PLACE, config(), config(parsers=JSON + OUTPUT), "parsers.conf line 4", "move it to output.conf"),
    Case(R.REQUIRED_KEY, config(OUTPUT.lower()), config("[OUTPUT]\n    Match *\n" + OUTPUT), "output.conf line 1", "add Name"),
    Case(R.REQUIRED_KEY, config(OUTPUT.upper()), config("[OUTPUT]\n    Name es\n"), "output.conf line 1", "add Match *"),
    Case(R.REQUIRED_KEY, config(filters=GREP), config(filters="[FILTER]\n    Name grep\n"), "filters.conf line 1", "add Match *"),
    Case(R.REQUIRED_KEY, config(filters=GREP), config(filters="[FILTER]\n    Match *\n"), "filters.conf line 1", "add Name"),
    Case(R.REQUIRED_KEY, config(parsers=JSON), config(parsers="[PARSER]\n    Name json\n"), "parsers.conf line 1", "add Format"),
    Case(R.REQUIRED_KEY, config(parsers=JSON), config(parsers="[PARSER]\n    Format json\n"), "parsers.conf line 1", "add Name"),
    Case(
        R.VARIABLE,
        config(OUTPUT + "    log_stream_prefix $tag-\n"),
        config(OUTPUT + "    log_stream_prefix ${HOSTNAME}-\n"),
        "output.conf line 6",
        "replaces no variables",
    ),
    Case(R.VARIABLE, config("# $HOSTNAME\n" + OUTPUT), config("# ${HOSTNAME}\n" + OUTPUT), "output.conf line 1", "write the value"),
    Case(
        R.INDENTATION,
        config(filters=GREP + "\n" + GREP),
        config(filters=GREP + " " + GREP),
        "filters.conf line 5",
        "indent all sections alike",
    ),
    Case(R.INDENTATION, config(), config(OUTPUT + "  tls On\n"), "output.conf line 6", "indent all pairs of the file alike"),
    Case(
        R.INDENTATION,
        config("  [OUTPUT]\n   Name es\n   Match *\n"),
        config("[OUTPUT]\nName es\nMatch *\n"),
        "output.conf line 2",
        "four more spaces",
    ),
    *(
        Case(
            R.FILTER,
            config(filters=f"[FILTER]\n    Name {name}\n    Match *\n"),
            config(filters=f"[FILTER]\n    Name {other}\n    Match *\n"),
            "filters.conf line 2",
            "supported are grep",
        )
        for name, other in [
            *(("grep", "lua"), ("parser", "aws"), ("record_modifier", "geoip2"), ("rewrite_tag", "stdout"), ("throttle", "wasm")),
            *(("nest", "multiline"), ("modify", "type_converter"), ("kubernetes", "expect"), ("Kubernetes", "ecs")),
        ]
    ),
    *(
        Case(
            R.OUTPUT,
            config(f"[OUTPUT]\n    Name {name}\n    Match *\n"),
            config(f"[OUTPUT]\n    Match *\n    Name {other}\n{OUTPUT}"),
            "output.conf line 3",
            "supported are cloudwatch",
        )
        for name, other in [
            *(("es", "opensearch"), ("firehose", "s3"), ("kinesis_firehose", "stdout"), ("cloudwatch", "http")),
            *(("cloudwatch_logs", "loki"), ("kinesis", "datadog"), ("CloudWatch", "kafka")),
        ]
    ),
    Case(R.NO_OUTPUT, config(), LoggingConfig(data={"filters.conf": GREP}), "output.conf", "add an [OUTPUT] section"),
    Case(R.NO_OUTPUT, config(), config("# [OUTPUT]\n"), "output.conf", "add an [OUTPUT] section"),
    *(
        Case(
            R.SERVICE_OWNED,
            config(filters="[FILTER]\n    Name kubernetes\n    Match kube.*\n    Kube_Meta_Cache_TTL 300s\n"),
            config(filters=f"[FILTER]\n    Name kubernetes\n    Match kube.*\n    {key} x\n"),
            "filters.conf line 4",
            "delete the line",
        )
        for key in ("Kube_URL", "kube_ca_file", "KUBE_TOKEN_COMMAND", "Kube_Token_File")
    ),
    *(
        Case(R.PROCESS_LOG, config(flb_log_cw=good), config(flb_log_cw=bad), "flb_log_cw", "in quotes")
        for good, bad in (("true", "True"), ("false", "on"))
    ),
]


def of(rule: ConfigRule, found: LoggingConfig) -> list[ConfigFinding]:
    """Return the findings of one rule."""
    return [finding for finding in validate(found) if finding.rule == rule]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_configuration_that_keeps_the_rule_is_accepted(case: Case) -> None:
    """Nothing is found, by this rule or by any other that refuses."""
    assert refused(validate(case.accepted)) == []


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_configuration_that_breaks_the_rule_is_refused(case: Case) -> None:
    """The finding names the rule, the line, and what to write instead."""
    (found, *_) = of(case.rule, case.refused)
    assert found.place == case.place
    assert case.remedy in found.remedy
    assert found in refused(validate(case.refused))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_breaks_a_rule_can_be_repaired_or_stays_a_finding(case: Case) -> None:
    """The repaired configuration is accepted, except where a name or a format is missing, which cannot be guessed; each repair is named."""
    repaired = repair(case.refused, DESTINATION)
    left = {finding.rule for finding in refused(validate(repaired.config))}
    assert left <= ({R.REQUIRED_KEY} if case.rule == R.REQUIRED_KEY else set())
    assert repaired.changes or left


def test_every_rule_that_refuses_has_its_case() -> None:
    """The table of cases is complete."""
    assert {case.rule for case in CASES} == {rule for rule in ConfigRule if rule.refuses}


def test_the_default_configuration_is_accepted() -> None:
    """What `apply` writes breaks no rule, and needs the retention right that `apply` gives."""
    found = validate(LoggingConfig(data=default_data(DESTINATION), labels=LABELS))
    assert [finding.rule for finding in found] == [R.RETENTION_RIGHT]


def published() -> LoggingConfig:
    """Return the configuration of a published guide."""
    return config_of_manifests(list(yaml.safe_load_all((Path(__file__).parent / "published.yaml").read_text())))


def test_the_published_example_breaks_three_rules() -> None:
    """The guide's own ConfigMap has a variable, which is refused; its role lacks a right; its parser never sees JSON alone."""
    assert [(finding.rule, finding.place) for finding in validate(published())] == [
        (R.VARIABLE, "output.conf line 6"),
        (R.RETENTION_RIGHT, "output.conf line 8"),
        (R.UNPARSED, "filters.conf line 5"),
    ]


def test_the_published_example_can_be_repaired() -> None:
    """The repaired one is accepted, keeps every other line, and takes containerd's prefix off before the JSON is parsed."""
    repaired = repair(published(), DESTINATION)
    assert refused(validate(repaired.config)) == []
    output = repaired.config.data["output.conf"]
    assert "    log_stream_prefix from-fluent-bit-\n" in output
    assert "    log_group_name /aws/eks/production-fargate/application\n" in output
    filters = [line.split()[1] for line in repaired.config.data["filters.conf"].splitlines() if "Parser " in line]
    assert filters == ["crio", "json"]


@pytest.mark.parametrize(
    ("value", "became"),
    [
        ("region ${AWS_REGION}", "region eu-west-1"),
        ("log_group_name /aws/eks/${CLUSTER_NAME}/app", "log_group_name /aws/eks/web/app"),
        ("log_stream_prefix ${HOSTNAME}-", "log_stream_prefix from-fluent-bit-"),
        ("log_stream_prefix a-${HOSTNAME", "log_stream_prefix a-"),
    ],
)
def test_a_variable_becomes_what_is_known(value: str, became: str) -> None:
    """Region and cluster are known; other variables are left out, and a prefix of nothing is that of AWS's examples."""
    text = f"[OUTPUT]\n    Name cloudwatch\n    Match *\n    {value}\n"
    assert f"    {became}\n" in repair(config(text), DESTINATION).config.data["output.conf"]


def test_a_parser_that_is_not_defined_is_advice() -> None:
    """Fargate accepts it, and the filter then does nothing."""
    text = "[FILTER]\n    Name parser\n    Match *\n    Key_Name log\n    Parser lost\n"
    assert [finding.rule for finding in validate(config(filters=text))] == [R.UNKNOWN_PARSER]
