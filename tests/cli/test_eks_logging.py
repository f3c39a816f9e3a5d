"""`fargatecount eks logging`, in front of a simulated API server, IAM and CloudWatch Logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from fargatecount.adapters.system_clock import SystemClock
from tests.cli.conftest import Answer
from tests.kube.control_plane import SimulatedPlane
from tests.rules.tracked import ROOT
from tests.support.builders import SCOPE
from tests.support.eks_plane import plane

__all__ = ["plane"]  # a fixture

Run = Callable[..., Answer]
PUBLISHED = ROOT / "tests" / "unit" / "eks" / "logging" / "published.yaml"
GROUP = "/aws/eks/web/fargate"


@pytest.fixture(autouse=True)
def role(plane: SimulatedPlane) -> None:
    """The pod execution role of the cluster's profile."""
    assert plane is not None
    boto3.client("iam").create_role(RoleName="eks", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))


def groups() -> list[str]:
    return [group["logGroupName"] for group in boto3.client("logs", SCOPE.region).describe_log_groups()["logGroups"]]


def policies() -> list[str]:
    found: list[str] = boto3.client("iam").list_role_policies(RoleName="eks")["PolicyNames"]
    return found


def config_maps(plane: SimulatedPlane) -> list[str]:
    return [each["metadata"]["name"] for each in plane.api.cluster.core.all_of("configmaps", "aws-observability")]


def test_from_plan_to_remove(plane: SimulatedPlane, fargatecount: Run) -> None:
    """Plan changes nothing, apply makes it, plan then has nothing to do, remove leaves nothing."""
    planned = fargatecount("eks", "logging", "plan", "web")
    assert planned.code == 0
    assert f"  would do: log group {GROUP}, kept for 30 days\n" in planned.out
    assert (groups(), policies(), config_maps(plane)) == ([], [], [])
    applied = fargatecount("eks", "logging", "apply", "web", "--yes", "--retention", "14")
    assert (applied.code, "  done: ConfigMap aws-logging: filters.conf, output.conf, parsers.conf\n" in applied.out) == (0, True)
    assert (groups(), policies(), config_maps(plane)) == ([GROUP], ["fargatecount-eks-logging-web"], ["aws-logging"])
    assert "nothing to do" in fargatecount("eks", "logging", "plan", "web", "--retention", "14").out
    assert fargatecount("eks", "logging", "remove", "web", "--yes").code == 0
    assert (groups(), policies(), config_maps(plane)) == ([], [], [])


def test_it_asks_first(plane: SimulatedPlane, fargatecount: Run) -> None:
    """Without a terminal --yes is demanded; on one the steps are shown, and a no changes nothing."""
    assert fargatecount("eks", "logging", "apply", "web").code == 2
    answer = fargatecount("eks", "logging", "apply", "web", typed="n\n")
    assert (answer.code, f"EKS-web: log group {GROUP}" in answer.err) == (130, True)
    assert (groups(), policies(), config_maps(plane)) == ([], [], [])


def test_check_says_what_is_wrong_and_what_to_do(plane: SimulatedPlane, fargatecount: Run) -> None:
    """Before: wrong, code 1. Pods from before the configuration, Fargate's events and groups without logs are named after."""
    before = fargatecount("eks", "logging", "check", "web")
    assert (before.code, "there is no ConfigMap aws-logging" in before.out) == (1, True)
    plane.api.cluster.events.append({"reason": "LoggingDisabled", "message": "configmap was not found"})
    fargatecount("eks", "logging", "apply", "web", "--yes")
    answer = fargatecount("eks", "logging", "check", "web", "--json")
    assert answer.code == 1
    (cluster,) = answer.json["clusters"]
    verdicts = {(check["what"], check["verdict"]) for check in cluster["checks"]}
    assert verdicts >= {("configuration", "ok"), ("rights", "ok"), ("log group", "ok"), ("events", "wrong"), ("flow", "ok")}
    assert [(cost["group"], cost["retention_days"]) for cost in cluster["cost"]] == [(GROUP, 30)]
    assert "cost: " + GROUP in fargatecount("eks", "logging", "check", "web").out


def test_logs_that_arrive_are_seen(fargatecount: Run) -> None:
    """A stream with an event makes the flow well."""
    fargatecount("eks", "logging", "apply", "web", "--yes")
    logs = boto3.client("logs", SCOPE.region)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="from-fluent-bit-x")
    event = {"timestamp": SystemClock().now(), "message": "hello"}
    logs.put_log_events(logGroupName=GROUP, logStreamName="from-fluent-bit-x", logEvents=[event])
    assert f"ok: logs arrive in {GROUP}" in fargatecount("eks", "logging", "check", "web").out


def test_an_error_of_one_cluster_stops_no_other(fargatecount: Run) -> None:
    """An unknown cluster is named with those that there are."""
    answer = fargatecount("eks", "logging", "apply", "wbe", "web", "--yes")
    assert answer.code == 1
    assert "error: EKS-wbe: there is no EKS cluster 'wbe' here" in answer.err
    assert groups() == [GROUP]


def test_a_cluster_that_refuses_is_code_3_and_nothing_is_half_done(plane: SimulatedPlane, fargatecount: Run) -> None:
    """The caller may not read namespaces: the text names the right, and AWS is untouched."""
    credentials = boto3.Session().get_credentials()
    assert credentials is not None
    plane.api.cluster.tokens.enter(credentials.access_key, frozenset())
    answer = fargatecount("eks", "logging", "apply", "web", "--yes")
    assert answer.code == 3
    assert 'cannot get resource "namespaces"' in answer.err
    assert (groups(), policies()) == ([], [])


def test_a_given_manifest_is_validated_and_repaired(plane: SimulatedPlane, fargatecount: Run) -> None:
    """The published example is refused with line and remedy; with --fix it is written, and the group that it names is made."""
    refused = fargatecount("eks", "logging", "apply", "web", "--yes", "--config", str(PUBLISHED))
    assert (refused.code, groups(), config_maps(plane)) == (1, [], [])
    assert "output.conf line 6: ${HOSTNAME} is an environment variable" in refused.err
    answer = fargatecount("eks", "logging", "apply", "web", "--yes", "--fix", "--config", str(PUBLISHED))
    assert answer.code == 0
    assert "repaired: output.conf line 6: log_stream_prefix ${HOSTNAME}- became from-fluent-bit-" in answer.out
    assert groups() == ["/aws/eks/production-fargate/application"]


def test_a_file_is_validated_without_aws(fargatecount: Run, tmp_path: Path) -> None:
    """Findings with code 1; --fix prints a manifest that is accepted, as JSON for kubectl."""
    answer = fargatecount("eks", "logging", "validate", str(PUBLISHED))
    assert answer.code == 1
    assert "refused: output.conf line 6: ${HOSTNAME} is an environment variable" in answer.out
    assert "advice: filters.conf line 5" in answer.out
    fixed = fargatecount("eks", "logging", "validate", str(PUBLISHED), "--fix")
    assert (fixed.code, "changed: output.conf line 6" in fixed.err) == (0, True)
    written = tmp_path / "fixed.json"
    written.write_text(fixed.out)
    assert fargatecount("eks", "logging", "validate", str(written)).code == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        ("kind: Pod\n", "there are 0 ConfigMaps"),
        ("a: [", "neither JSON nor YAML"),
        ("", "holds no Kubernetes object"),
        ("\x00\x01", "neither JSON nor YAML"),
    ],
)
def test_a_bad_file_is_named(fargatecount: Run, tmp_path: Path, content: str | None, said: str) -> None:
    """Code 2, with what is wrong."""
    file = tmp_path / "config.yaml"
    if content is not None:
        file.write_text(content)
    answer = fargatecount("eks", "logging", "validate", str(file))
    assert (answer.code, said in answer.err) == (2, True), answer.err


def test_csv_has_a_row_for_each_line(fargatecount: Run) -> None:
    """Cluster, kind, text and remedy."""
    rows = fargatecount("eks", "logging", "plan", "web", "-o", "csv").out.splitlines()
    assert rows[0] == "cluster,what,text,remedy"
    assert any(row.startswith("EKS-web,left,") for row in rows)


def test_json_has_its_schema(fargatecount: Run) -> None:
    """The document says what it is."""
    document = fargatecount("eks", "logging", "plan", "web", "--json").json
    assert (document["schema"], document["version"], document["action"], document["dry_run"]) == (
        "fargatecount/eks-logging",
        1,
        "plan",
        True,
    )
