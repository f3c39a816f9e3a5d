"""What `fargatecount eks logging` prints as JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from fargatecount.eks.logging.apply import LoggingOutcome
from fargatecount.eks.logging.check import LoggingCheck, LogGroupCost
from fargatecount.eks.logging.plan import LoggingPlan
from fargatecount.eks.logging.rules import ConfigFinding


class ConfigFindingDocument(msgspec.Struct, frozen=True):
    """One rule that a configuration breaks."""

    rule: str
    refused: bool
    """Whether Fargate refuses the configuration for it; else it is advice."""
    file: str
    line: int
    text: str
    remedy: str


class LoggingCheckDocument(msgspec.Struct, frozen=True):
    """One check."""

    what: str
    verdict: str
    text: str
    remedy: str


class LogGroupCostDocument(msgspec.Struct, frozen=True):
    """USD a month of one log group; null is unknown."""

    group: str
    ingestion: float | None
    storage: float
    retention_days: int | None


class LoggedClusterDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster."""

    cluster: str
    done: list[str] = []
    undone: list[str] = []
    left: list[str] = []
    findings: list[ConfigFindingDocument] = []
    changes: list[str] = []
    notes: list[str] = []
    checks: list[LoggingCheckDocument] = []
    cost: list[LogGroupCostDocument] = []
    error: str | None = None
    remedy: str | None = None


class LoggingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer; `action` is plan, apply, check, remove or validate."""

    schema: Literal["fargatecount/eks-logging"] = "fargatecount/eks-logging"
    version: Literal[1] = 1
    action: str
    dry_run: bool
    clusters: list[LoggedClusterDocument]


def finding_document(finding: ConfigFinding) -> ConfigFindingDocument:
    """Return a finding as it is printed."""
    return ConfigFindingDocument(str(finding.rule), finding.rule.refuses, finding.file, finding.line, finding.text, finding.remedy)


def outcome_document(cluster: str, plan: LoggingPlan, outcome: LoggingOutcome) -> LoggedClusterDocument:
    """Return what came of a plan."""
    return LoggedClusterDocument(
        cluster=cluster,
        done=list(outcome.done),
        undone=list(outcome.undone),
        left=list(outcome.left),
        findings=[finding_document(each) for each in plan.findings],
        changes=list(plan.changes),
        notes=list(plan.notes),
        error=None if outcome.error is None else str(outcome.error),
        remedy=None if outcome.error is None else outcome.error.remedy or None,
    )


def check_document(cluster: str, checks: list[LoggingCheck], costs: list[LogGroupCost]) -> LoggedClusterDocument:
    """Return the checks of a cluster."""
    return LoggedClusterDocument(
        cluster=cluster,
        checks=[LoggingCheckDocument(each.what, str(each.verdict), each.text, each.remedy) for each in checks],
        cost=[LogGroupCostDocument(each.name, each.ingestion, each.storage, each.retention) for each in costs],
    )
