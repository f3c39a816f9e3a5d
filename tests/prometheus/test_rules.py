"""The rules for Prometheus, by its own tool and beside the alarms of CloudWatch."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml

from fargatecount.exporter.catalog import FAMILIES
from tests.rules.tracked import ROOT
from tests.support.prometheus import RULES, program

GROUPS: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}

EQUAL = {
    "CriticalOnDemand": "FargateQuotaCritical",
    "CriticalSpot": "FargateQuotaCritical",
    "WarningOnDemand": "FargateQuotaWarning",
    "WarningSpot": "FargateQuotaWarning",
    "NativeOnDemand": "FargateNative",
    "NativeSpot": "FargateNative",
    "CriticalWhileBlind": "FargateCriticalWhileBlind",
    "LimitTotal": "FargateLimitTotal",
    "LimitPerCluster": "FargateLimitCluster",
    "Liveness": "FargatecountNotPublishing",
    "LaunchesRefused": "FargateLaunchesRefused",
    "LaunchRate": "FargateLaunchRate",
    "DeadLettersNotEmpty": "FargatecountDeadLetters",
    "UnreadableClusters": "FargatecountUnreadableClusters",
    "QuotaUnknown": "FargatecountQuotaUnknown",
    "Drift": "FargatecountDrift",
    "Hanging": "FargateHanging",
    "EventAge": "FargatecountEventAge",
    "CannotBeTrusted": "FargatecountCannotBeTrusted",
}
"""The alert of each alarm; FargatecountSilent has none, because CloudWatch does not scrape."""
ONLY_CLOUDWATCH = {"ArchiveBehind"}
"""Alarms on metrics of AWS/Lambda, of which the table knows nothing."""
SEVERITIES = {"PagingTopic": "page", "QuietTopic": "ticket", None: "none"}


class _Tagged(yaml.SafeLoader):
    """Reads CloudFormation's short forms: `!Ref A` as {"Ref": "A"}."""


_Tagged.add_multi_constructor("!", lambda _, tag, node: {tag: node.value})


def alarms() -> dict[str, dict[str, Any]]:
    text = (ROOT / "infra" / "alarms.yml").read_text()
    return {name: each["Properties"] for name, each in yaml.load(text, _Tagged)["Resources"].items()}


def test_promtool_accepts_the_rules() -> None:
    """With all of its lints, none of which is a warning only."""
    done = subprocess.run(
        [program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", str(RULES)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_begins_and_ends() -> None:
    """By promtool's own unit tests, minute by minute: thresholds, durations, texts, missing data, and the end."""
    script = ROOT / "tests" / "prometheus" / "rules.test.yml"
    done = subprocess.run(
        [program("promtool"), "test", "rules", str(script)], capture_output=True, text=True, check=False, cwd=script.parent
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_its_test(alert: str) -> None:
    """It is seen firing, with its texts, and not firing."""
    script = yaml.safe_load((ROOT / "tests" / "prometheus" / "rules.test.yml").read_text())
    found = [each for test in script["tests"] for each in test.get("alert_rule_test", ()) if each["alertname"] == alert]
    assert {bool(each.get("exp_alerts")) for each in found} == {True, False}


@pytest.mark.parametrize("alarm", sorted(set(alarms()) - ONLY_CLOUDWATCH))
def test_an_alert_is_equal_to_its_alarm(alarm: str) -> None:
    """It goes to the same people, and after the same time; thresholds that are settings come from the exporter."""
    properties, alert = alarms()[alarm], ALERTS[EQUAL[alarm]]
    topics = [action["Ref"] for action in properties.get("AlarmActions", [None]) if action] or [None]
    assert alert["labels"]["severity"] == SEVERITIES[topics[0]]
    minutes = {"HealthMinutes": 10, "LivenessMinutes": 3}
    periods = properties.get("EvaluationPeriods", 1)
    lasts = minutes[periods["Ref"]] if isinstance(periods, dict) else int(periods)
    if alarm == "Liveness":
        assert "> 180" in alert["expr"]
    elif lasts > 1:
        assert alert["for"] == f"{lasts}m"
    else:
        assert "for" not in alert


def test_rules_use_metrics_of_the_exporter_only() -> None:
    """A name that does not exist gives an alert that never fires."""
    known = {family.name for family in FAMILIES}
    used = {name for group in GROUPS for rule in group["rules"] for name in re.findall(r"\bfargatecount_\w+", rule["expr"])}
    assert used
    assert used <= known


def test_the_defaults_in_the_rules_are_those_of_the_settings() -> None:
    """A rule cannot read a setting, so it has the default."""
    text = (ROOT / "serverless.yml").read_text()
    for setting, expression in (("driftBound: 10", "> 10"), ("eventAgeMilliseconds: 60000", "> 60"), ("livenessMinutes: 3", "> 180")):
        assert setting in text
        assert any(expression in alert["expr"] for alert in ALERTS.values())
