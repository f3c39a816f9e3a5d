"""`fargatecount deploy` without node, and osls: each follows the other on one stack, and nothing is replaced or lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fargatecount.adapters.artifact_files import installed_artifact
from fargatecount.adapters.cloudformation import CloudFormationStacks
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.cli.root import run
from fargatecount.errors import MisconfiguredError
from fargatecount.ledger.verify import VerifyResult
from fargatecount.stack.artifact import Artifact
from fargatecount.stack.changes import ResourceAction
from fargatecount.stack.deploy import DeploymentPlan, apply_plan, plan_deployment
from fargatecount.stack.progress import StackEvent, follow
from local.stack import Stack
from local.traffic import lives, put
from tests.e2e.deployment import Deployed
from tests.e2e.test_upgrade import NAME, deploy_release, physical_ids, release
from tests.package.artefact import package
from tests.support.expected_counts import expected
from tools.artifact import write

GIVEN = {
    "Armed": "true",
    "Chat": "true",
    "HealthMinutes": "1",
    "LivenessMinutes": "1",
    "DeletionProtection": "false",
    "RequireTls": "false",
}
"""The settings of the stage `local` in serverless.yml."""
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """What a release of this checkout carries: packaged for Lambda's own machines."""
    folder = tmp_path_factory.mktemp("artifact")
    packaged = package(folder, "prod", "prod")
    write(packaged.template.raw, packaged.zip_file.read_bytes(), folder / "artifact")
    return installed_artifact({"FARGATECOUNT_ARTIFACT": str(folder / "artifact")})


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Stack]:
    """Return an embedded AWS without a deployment."""
    with Stack(tmp_path / "aws") as running:
        yield running


def stacks_of(stack: Stack) -> CloudFormationStacks:
    return CloudFormationStacks(stack.client, SystemClock().sleep)


def deploy(stack: Stack, artifact: Artifact, **given: str) -> DeploymentPlan:
    """DeploymentPlan and deploy."""
    plan = plan_deployment(stacks_of(stack), artifact, NAME, given, stage="local")
    seen: list[StackEvent] = []
    outcome = apply_plan(stacks_of(stack), artifact, plan, SystemClock(), seen.append)
    assert outcome.succeeded, [event for event in seen if event.failed]
    return plan


def test_osls_and_deploy_follow_each_other(alone: Stack, artifact: Artifact) -> None:
    """A stack of `deploy` counts; osls deploys over it and `deploy` again over that: the same resources, and the same count."""
    assert not deploy(alone, artifact, **GIVEN).exists
    deployed, made = Deployed(alone), physical_ids(alone)
    tasks = lives(40, clusters=("web",), seed=3, states=("RUNNING",))
    # The reconciler finds none of these tasks in ECS, and rightly removes them.
    with deployed.unreconciled():
        put(alone.client("events"), [entry for life in tasks for entry in deployed.entries(life)])
        deployed.eventually_counts("web", expected(tasks))

        alone.deploy()
        assert physical_ids(alone) == made
        assert deployed.counts("web") == expected(tasks)

        plan = deploy(alone, artifact)
        assert {(change.kind, change.type) for change in plan.changes} == {(ResourceAction.CHANGED, "function")}
        assert physical_ids(alone) == made
        assert deployed.counts("web") == expected(tasks)
        assert {one.verdict for one in deployed.verify("web")} == {VerifyResult.EQUAL}


def test_init_ends_with_a_count_and_an_alarm_that_rang(
    alone: Stack, artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From nothing to a deployment that counts, with a detail that the budget pays for; a second `init` leaves it alone."""
    write(artifact.document, artifact.code, tmp_path / "artifact")
    for name, value in {**alone.environment(), "FARGATECOUNT_ARTIFACT": str(tmp_path / "artifact")}.items():
        monkeypatch.setenv(name, value)
    ecs = alone.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="web", requiresCompatibilities=["FARGATE"], cpu="1024", memory="2048", containerDefinitions=[{"name": "web", "image": "web"}]
    )
    ecs.run_task(cluster="shop", taskDefinition="web", launchType="FARGATE", count=3, networkConfiguration=NETWORK)
    assert run(["init", "--email", "you@example.com", "--budget", "18", "--vcpu-limit", "2", "--ring", "--yes"]) == 0
    printed = capsys.readouterr().out
    assert "critical-on-demand is set to ALARM" in printed
    assert "Dashboard: fargatecount-local-eu-west-1" in printed
    deployed = Deployed(alone)
    assert (deployed.outputs["Detail"], deployed.outputs["Limits"]) == ("cluster", '{"total":{"vcpu":2.0}}')
    assert deployed.counts("shop").held.count == 3
    assert run(["init", "--yes"]) == 2
    assert "is deployed already" in capsys.readouterr().err


def test_a_stack_of_0_1_0_is_taken_over_and_destroyed(alone: Stack, artifact: Artifact) -> None:
    """Settings that 0.1.0 has only as fixed values are kept, no resource is replaced; the table and the reports outlive the stack."""
    deploy_release(alone, release("0.1.0"))
    before = physical_ids(alone)
    plan = deploy(alone, artifact)
    assert (plan.version_before, plan.values["HealthMinutes"], plan.values["LivenessMinutes"]) == ("0.1.0", "1", "1")
    assert [change for change in plan.changes if change.kind in {ResourceAction.REPLACED, ResourceAction.REMOVED}] == []
    assert physical_ids(alone).items() >= before.items()
    with pytest.raises(MisconfiguredError, match="ReportRetentionInDays"):
        plan_deployment(stacks_of(alone), artifact, NAME, {"ReportRetentionInDays": "0"}, stage="local")

    stacks_of(alone).delete(NAME)
    assert follow(stacks_of(alone), NAME, SystemClock(), lambda _: None, gone_is_done=True)[0] is None
    assert before["Table"] in alone.client("dynamodb").list_tables()["TableNames"]
    assert before["ReportsBucket"] in {one["Name"] for one in alone.client("s3").list_buckets()["Buckets"]}
