"""The manifests and the role of the watcher agree with its code."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from cfnlint.decode import cfn_yaml

from fargatecount.adapters.dynamodb.items import bucket_key, scope_key
from fargatecount.ledger.store import Bucket
from fargatecount.settings.deployment import Settings
from fargatecount.settings.environment import buckets_from
from fargatecount.workload import Cluster, Kind
from tests.support.builders import SCOPE
from watcher.__main__ import parser

INFRA = Path(__file__).parents[2] / "infra"
DEPLOYMENT = yaml.safe_load((INFRA / "kubernetes" / "deployment.yaml").read_text())
KUSTOMIZATION = yaml.safe_load((INFRA / "kubernetes" / "kustomization.yaml").read_text())
POD = DEPLOYMENT["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]
ROLE: dict[str, Any] = cfn_yaml.load(str(INFRA / "watcher-role.yml"))["Resources"]["WatcherRole"]["Properties"]


def settings() -> dict[str, str]:
    (generated,) = KUSTOMIZATION["configMapGenerator"]
    return dict(literal.split("=", 1) for literal in generated["literals"])


def test_arguments_are_those_of_the_command_line() -> None:
    """The Deployment starts the watcher with existing options, for the cluster in the settings."""
    arguments = [argument.replace("$(CLUSTER)", settings()["CLUSTER"]) for argument in CONTAINER["args"]]
    asked = parser().parse_args(arguments)
    assert (asked.cluster, asked.in_cluster, asked.listen) == ("my-cluster", True, "0.0.0.0:8080")


def test_settings_are_those_that_are_read() -> None:
    """The code reads each FARGATECOUNT_ variable of the manifests."""
    ours = {name for name in settings() if name.startswith("FARGATECOUNT_")}
    assert ours == {"FARGATECOUNT_TABLE", "FARGATECOUNT_BUCKETS"}
    assert ours <= Settings.variables()


def test_number_of_buckets_is_the_one_that_is_deployed() -> None:
    """A watcher that writes into a new table uses the same number of buckets as the functions."""
    deployed = cfn_yaml.load(str(INFRA.parent / "serverless.yml"))["params"]["default"]["buckets"]
    assert (int(settings()["FARGATECOUNT_BUCKETS"]), buckets_from({})) == (deployed, deployed)


def test_probes_ask_what_is_served() -> None:
    """Each probe asks a path of the health server on its port."""
    paths = {name: CONTAINER[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: probe["path"] for name, probe in paths.items()} == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    assert {probe["port"] for probe in paths.values()} == {port["name"] for port in CONTAINER["ports"]}


def test_nothing_can_be_written_or_gained() -> None:
    """The container has a read-only file system, no root, no capabilities, and no privilege escalation."""
    security = CONTAINER["securityContext"]
    assert security["readOnlyRootFilesystem"]
    assert security["runAsNonRoot"]
    assert not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]}


def allowed(action: str, key: str, *, in_transaction: bool, cluster: str = "web") -> bool:
    """Return whether the role of `cluster`'s watcher allows an action on an item of that partition key."""
    for statement in ROLE["Policies"][0]["PolicyDocument"]["Statement"]:
        if "Fn::If" in statement or action not in statement["Action"]:
            continue
        condition = statement["Condition"]
        if "ForAnyValue:StringEquals" in condition and not in_transaction:
            continue
        (keys,) = [value["dynamodb:LeadingKeys"] for name, value in condition.items() if name.startswith("ForAllValues:")]
        if any(fnmatchcase(key, _filled(pattern, cluster)) for pattern in keys):
            return True
    return False


def _filled(pattern: Any, cluster: str) -> str:
    text = str(pattern["Fn::Sub"] if isinstance(pattern, dict) else pattern)
    values = {"AWS::AccountId": SCOPE.account, "AWS::Region": SCOPE.region, "ClusterName": cluster}
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def key_of(name: str, kind: Kind = Kind.EKS) -> str:
    return bucket_key(Bucket(Cluster(SCOPE, kind, name), 3))


def test_role_reaches_the_rows_of_its_cluster() -> None:
    """The role allows every table action of the loop on the partition keys of the adapter."""
    own = key_of("web")
    assert allowed("dynamodb:BatchGetItem", own, in_transaction=False)
    assert allowed("dynamodb:Query", own, in_transaction=False)
    assert allowed("dynamodb:PutItem", own, in_transaction=True)
    assert allowed("dynamodb:UpdateItem", own, in_transaction=True)
    for shared in (scope_key(SCOPE), "TABLE"):
        for action in ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"):
            assert allowed(action, shared, in_transaction=False)


def test_role_reaches_no_other_rows() -> None:
    """The role does not reach rows of another cluster, even if its name has the same beginning or it is an ECS cluster."""
    for other in (key_of("api"), key_of("web-2"), key_of("web", Kind.ECS)):
        for action in ("dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"):
            assert not allowed(action, other, in_transaction=True)


def test_row_is_never_written_without_its_counter() -> None:
    """Outside a transaction the watcher cannot write a row."""
    for action in ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"):
        assert not allowed(action, key_of("web"), in_transaction=False)
