"""Every IAM statement is right under both copies of the service authorization reference."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.adapters.permission_probes import probes
from fargatecount.workload import Cluster, Kind
from tests.package.artefact import ROOT, Artefact
from tests.support.builders import SCOPE
from tools.iam_accepted import ACCEPTED
from tools.iam_policies import Statement, of_census, of_page, of_template, of_watcher
from tools.iam_reference import fits, mismatches, references

LINTERS = sorted(references())
OUTPUTS = {
    "TableName": "name",
    "ReportsBucket": "name",
    "DeadLettersUrl": f"https://sqs.{SCOPE.region}.amazonaws.com/{SCOPE.account}/name",
}


class EverythingWorks:
    """A botocore client that answers every call with nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda **_: {}


def statements(artefact: Artefact) -> list[Statement]:
    return [*of_template(artefact.template.raw), *of_watcher(), *of_census(), *of_page()]


def test_both_copies_are_of_the_pinned_linters() -> None:
    """The slice names each linter with the version in the lock file."""
    pinned = dict(line.partition(" ")[0].split("==") for line in (ROOT / "requirements-iam.txt").read_text().splitlines())
    assert [f"parliament {pinned['parliament']}", f"policy_sentry {pinned['policy-sentry']}"] == LINTERS


@pytest.mark.parametrize("linter", LINTERS)
def test_every_statement_names_resources_of_its_actions(prod: Artefact, linter: str) -> None:
    """A resource that an action does not have grants nothing: AWS then denies the call."""
    found = statements(prod)
    roles = {"TaskChangedRole", "ReconcileRole", "PublishRole", "WatcherRole", "ForwardUsageRole", "ArchiveRole", "CensusRole"}
    assert {one.holder for one in found} == roles | {"docs/alarms.md"}
    assert list(mismatches(found, references()[linter])) == []


@pytest.mark.parametrize("linter", LINTERS)
def test_the_doctor_advises_resources_that_the_actions_have(linter: str) -> None:
    """An operator who follows the advice is not denied again."""
    clusters = [Cluster(SCOPE, kind, "name") for kind in Kind]
    tried = probes(lambda _: EverythingWorks(), OUTPUTS, clusters, SCOPE, "aws")
    advised = [Statement("doctor", one.action, {"Action": one.action, "Resource": one.resource}) for one in tried]
    assert len(advised) > 10
    assert list(mismatches(advised, references()[linter])) == []


def test_a_named_quota_is_wrong_under_the_older_copy_only() -> None:
    """The older copy knows no resource of GetServiceQuota, the newer one knows the quota."""
    named = Statement(
        "a role",
        "a statement",
        {"Action": "servicequotas:GetServiceQuota", "Resource": "arn:aws:servicequotas:eu-west-1:123456789012:fargate/*"},
    )
    assert {linter: len(list(mismatches([named], references()[linter]))) for linter in LINTERS} == dict(zip(LINTERS, (1, 0), strict=True))


@pytest.mark.parametrize(
    ("resource", "form", "fit"),
    [
        ("arn:aws:sqs:eu-west-1:1:name", "arn:*:sqs:*:*:*", True),
        ("arn:aws:sqs:eu-west-1:1:name", "arn:*:sns:*:*:*", False),
        ("arn:aws:logs:eu-west-1:1:log-group:name:*", "arn:*:logs:*:*:log-group:*:log-stream:*", True),
        ("arn:aws:ecs:eu-west-1:1:task/*", "arn:*:ecs:*:*:task/*/*", True),
        ("arn:aws:ecs:eu-west-1:1:task/*", "arn:*:ecs:*:*:cluster/*", False),
        ("arn:aws:dynamodb:eu-west-1:1:table/name", "arn:*:dynamodb:*:*:table/*/stream/*", False),
        ("arn:aws:dynamodb:eu-west-1:1:table/name", "*", False),
    ],
)
def test_a_resource_fits_a_format_if_some_arn_matches_both(resource: str, form: str, fit: bool) -> None:
    """Wildcards stand on both sides."""
    assert fits(resource, form) is fit


def test_every_accepted_finding_is_about_a_statement_and_has_a_reason(prod: Artefact) -> None:
    """Each is accepted once."""
    known = {(one.holder, one.sid) for one in statements(prod)}
    assert {(one.holder, one.sid) for one in ACCEPTED} <= known
    assert len({(one.holder, one.sid, one.issue) for one in ACCEPTED}) == len(ACCEPTED)
    assert all(len(one.reason) > len(one.issue) for one in ACCEPTED)
