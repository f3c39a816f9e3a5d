"""The resources that a deployment makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from fargatecount import __version__
from fargatecount.doctor.install import OUTPUTS
from tests.package.artefact import Artefact
from tests.package.conftest import KMS_KEY
from tests.package.template import logical_id

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
DAY = 86_400


def test_cfn_lint_finds_nothing(prod: Artefact, prod_with_options: Artefact, local: Artefact) -> None:
    """The compiled templates have neither errors nor warnings for cfn-lint, which takes seconds to begin and none for a second one."""
    templates = [str(artefact.template_file) for artefact in (prod, prod_with_options, local)]
    result = subprocess.run([str(CFN_LINT), *templates], capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_a_message_is_hidden_six_times_as_long_as_the_function_may_run(artefact: Artefact) -> None:
    """AWS's advice for queues that feed functions holds for every such pair."""
    mappings = artefact.template.of_type("AWS::Lambda::EventSourceMapping")
    pairs = {
        (logical_id(mapping["EventSourceArn"]), logical_id(mapping["FunctionName"]))
        for mapping in mappings.values()
        if logical_id(mapping["EventSourceArn"]) in artefact.template.of_type("AWS::SQS::Queue")
    }
    assert pairs
    for queue, function in pairs:
        hidden = artefact.template.resources[queue]["Properties"]["VisibilityTimeout"]
        assert hidden == 6 * artefact.template.resources[function]["Properties"]["Timeout"]


def test_throttling_does_not_fill_the_dead_letters(artefact: Artefact) -> None:
    """A message is received at least ten times before it is set aside."""
    assert artefact.template.resources["TaskQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] >= 10


def test_a_dead_letter_is_kept_longer_than_the_message_it_was(artefact: Artefact) -> None:
    """A message keeps its age when SQS moves it, so the second queue must keep longer to keep it at all: here ten days more."""
    queues = artefact.template.of_type("AWS::SQS::Queue")
    waiting = queues["TaskQueue"]
    dead = queues[logical_id(waiting["RedrivePolicy"]["deadLetterTargetArn"])]
    assert dead["MessageRetentionPeriod"] == 14 * DAY
    assert dead["MessageRetentionPeriod"] - waiting["MessageRetentionPeriod"] >= 10 * DAY


def task_queue_of(artefact: Artefact) -> dict[str, Any]:
    """The mapping that brings the task queue to its function."""
    mappings = artefact.template.of_type("AWS::Lambda::EventSourceMapping").values()
    (mapping,) = (one for one in mappings if logical_id(one["EventSourceArn"]) == "TaskQueue")
    return mapping


def test_the_queue_hands_over_ten_events_at_once_and_waits_for_none(prod: Artefact) -> None:
    """By default a batch has ten events, no window, and reports its failures one by one."""
    mapping = task_queue_of(prod)
    assert mapping["BatchSize"] == 10
    assert mapping["MaximumBatchingWindowInSeconds"] == 0
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}


def test_batches_and_concurrency_are_settings(prod_with_options: Artefact) -> None:
    """Larger batches, their window and the concurrency come from the settings."""
    mapping = task_queue_of(prod_with_options)
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (100, 1)
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 20}


def test_queues_are_encrypted(artefact: Artefact) -> None:
    """Every queue encrypts what it holds with the key of SQS."""
    queues = artefact.template.of_type("AWS::SQS::Queue")
    assert queues
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())


def test_the_table_outlives_its_stack(artefact: Artefact) -> None:
    """The table is kept when the stack goes, and has no name that could block the next stack."""
    (table,) = (body for body in artefact.template.resources.values() if body["Type"] == "AWS::DynamoDB::Table")
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert "TableName" not in table["Properties"]


def test_the_table_is_on_demand_recoverable_and_forgets_tombstones(artefact: Artefact) -> None:
    """Billing per request, point-in-time recovery, expiry by `expires_at`, and a stream with both images."""
    table = artefact.template.only("AWS::DynamoDB::Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_the_table_has_the_keys_that_the_ledger_uses(artefact: Artefact) -> None:
    """The table is keyed by the text attributes `pk` and `sk`, and has no index."""
    table = artefact.template.only("AWS::DynamoDB::Table")
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    assert "GlobalSecondaryIndexes" not in table


def test_the_table_is_protected_from_deletion_unless_told_otherwise(prod: Artefact, prod_with_options: Artefact, local: Artefact) -> None:
    """Deletion protection is on by default, off where the setting says so, and off in the embedded AWS."""
    protected = [one.template.only("AWS::DynamoDB::Table")["DeletionProtectionEnabled"] for one in (prod, prod_with_options, local)]
    assert protected == [True, False, False]


def test_the_table_uses_the_customers_key_if_there_is_one(prod: Artefact, prod_with_options: Artefact) -> None:
    """With a key the table names it; without, DynamoDB's own key stays in force."""
    assert "SSESpecification" not in prod.template.only("AWS::DynamoDB::Table")
    encryption = prod_with_options.template.only("AWS::DynamoDB::Table")["SSESpecification"]
    assert encryption == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KMS_KEY}


def test_the_reports_outlive_their_stack_and_expire(prod: Artefact, prod_with_options: Artefact) -> None:
    """The bucket is kept when the stack goes, has no name that could block the next, and forgets after the days of the settings."""
    for one, days, kept in ((prod, 90, 400), (prod_with_options, 30, 800)):
        for name in ("ReportsBucket", "ReportsBucketPolicy"):
            body = one.template.resources[name]
            assert (body["DeletionPolicy"], body["UpdateReplacePolicy"]) == ("Retain", "Retain")
        bucket = one.template.resources["ReportsBucket"]["Properties"]
        assert "BucketName" not in bucket
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert {rule["Status"] for rule in rules} == {"Enabled"}
        expiring = {rule["Prefix"]: int(rule["ExpirationInDays"]) for rule in rules if "ExpirationInDays" in rule}
        assert expiring == {"reports/": days, "pages/": days, "history/": kept, "athena/": 7}


def test_functions_run_on_arm_with_python_3_13(artefact: Artefact) -> None:
    """Every function has the platform for which the wheels are chosen."""
    functions = artefact.template.of_type("AWS::Lambda::Function")
    assert functions
    assert {(function["Runtime"], *function["Architectures"]) for function in functions.values()} == {("python3.13", "arm64")}


def test_no_function_takes_concurrency_from_the_account(artefact: Artefact) -> None:
    """No function reserves concurrency, and no old version is kept."""
    assert all("ReservedConcurrentExecutions" not in function for function in artefact.template.of_type("AWS::Lambda::Function").values())
    assert not artefact.template.of_type("AWS::Lambda::Version")


def test_logs_expire(prod: Artefact, prod_with_options: Artefact) -> None:
    """Every function has a log group of its own in the stack, with the retention of the settings."""
    for one, days in ((prod, 30), (prod_with_options, 90)):
        functions = {function["FunctionName"] for function in one.template.of_type("AWS::Lambda::Function").values()}
        groups = one.template.of_type("AWS::Logs::LogGroup").values()
        assert {group["LogGroupName"]: group["RetentionInDays"] for group in groups} == {f"/aws/lambda/{name}": days for name in functions}


def test_the_prefix_begins_every_name(prod: Artefact, prod_with_options: Artefact) -> None:
    """Stack and functions are named by prefix and stage."""
    for one, prefix in ((prod, "fargatecount-prod"), (prod_with_options, "acme-fargate-prod")):
        assert one.provider["stackName"] == prefix
        assert {function["FunctionName"] for function in one.template.of_type("AWS::Lambda::Function").values()} == {
            f"{prefix}-task_changed",
            f"{prefix}-reconcile",
            f"{prefix}-publish",
            f"{prefix}-archive",
        }


def test_the_stack_carries_tags(prod: Artefact) -> None:
    """The tags of the settings are put on the stack, whose resources inherit them."""
    assert prod.provider["stackTags"] == {"application": "fargatecount"}


def test_the_stack_says_what_others_look_up(artefact: Artefact) -> None:
    """The outputs name table, queues and bucket, the stage, and the version."""
    outputs = artefact.template.outputs
    assert {name: outputs[name] for name in ("TableName", "TaskQueueUrl", "DeadLettersUrl", "PublishFailuresUrl", "ReportsBucket")} == {
        "TableName": {"Ref": "Table"},
        "TaskQueueUrl": {"Ref": "TaskQueue"},
        "DeadLettersUrl": {"Ref": "DeadLetters"},
        "PublishFailuresUrl": {"Ref": "PublishFailures"},
        "ReportsBucket": {"Ref": "ReportsBucket"},
    }
    assert outputs["Stage"] == artefact.provider["stage"]
    assert outputs["Version"] == __version__


def test_doctor_knows_what_is_deployed(artefact: Artefact, prod: Artefact) -> None:
    """Every output that it needs in a stack exists, and those for the bill have the values of the settings."""
    assert set(OUTPUTS) <= set(artefact.template.outputs)
    assert {name: str(prod.template.outputs[name]) for name in ("Armed", "Detail", "TopServices")} == {
        "Armed": "false",
        "Detail": "cluster",
        "TopServices": "20",
    }


def test_dead_letters_may_be_looked_at_any_number_of_times(artefact: Artefact) -> None:
    """No queue of them gives up on a letter that was received often: looking is receiving."""
    queues = artefact.template.of_type("AWS::SQS::Queue")
    assert [name for name in ("DeadLetters", "PublishFailures") if "RedrivePolicy" in queues[name]] == []


def test_reconcile_runs_in_a_vpc_only_where_it_is_given_one(prod: Artefact, prod_with_options: Artefact) -> None:
    """Subnets and security groups of the settings, all of them; by default no function is in any VPC."""
    assert not [name for name, body in prod.template.of_type("AWS::Lambda::Function").items() if "VpcConfig" in body]
    inside = {
        name: body["VpcConfig"] for name, body in prod_with_options.template.of_type("AWS::Lambda::Function").items() if "VpcConfig" in body
    }
    subnets, groups = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], ["sg-0123456789abcdef0"]
    assert inside == {"ReconcileLambdaFunction": {"SubnetIds": subnets, "SecurityGroupIds": groups}}


def test_eks_enroll_finds_whom_to_let_in(prod: Artefact) -> None:
    """The stack says which role reads the pods of EKS clusters."""
    assert logical_id(prod.template.outputs["ReconcileRoleArn"]) == "ReconcileRole"
