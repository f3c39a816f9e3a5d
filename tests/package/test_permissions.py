"""What the functions may do, and who may use the queues."""

from __future__ import annotations

import json
from typing import Any

from tests.package.artefact import Artefact
from tests.package.conftest import BOUNDARY, HUB_BUS, KMS_KEY
from tests.package.template import Statement, Template, logical_id

TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}
INTERFACES = {
    f"ec2:{action}"
    for action in (
        "AssignPrivateIpAddresses",
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "DescribeNetworkInterfaces",
        "DescribeSubnets",
        "UnassignPrivateIpAddresses",
    )
}
"""What Lambda does in the name of a function's role to put it into a VPC, with interfaces that are not there yet."""
FORWARDING = "ForwardUsageRole"
"""The role of EventBridge itself, in a member of an organization."""
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}


UNNAMED = {
    "ecs:ListClusters": "knows no resource",
    "eks:ListClusters": "knows no resource",
    "ecs:ListServices": "knows no resource, so a condition on the cluster fences it",
    "ecs:ListTasks": "knows container instances only, so a condition on the cluster fences it",
    "servicequotas:GetAWSDefaultServiceQuota": "knows no resource",
    "servicequotas:ListServiceQuotas": "knows no resource",
    "servicequotas:ListAWSDefaultServiceQuotas": "knows no resource",
    "servicequotas:GetServiceQuota": "knows no resource in some copies of the reference",
    "dynamodb:ListStreams": "knows no resource",
    "cloudwatch:GetMetricData": "knows no resource",
    "pricing:GetProducts": "knows no resource",
    "cloudwatch:PutMetricData": "knows no resource, so a condition on the namespace fences it",
}
"""What may be asked of `*`, because AWS takes no ARN for it: https://docs.aws.amazon.com/service-authorization/latest/reference/."""

PATTERNS = {
    "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:cluster/*",
    "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:task/*",
    "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:service/*",
    "arn:${AWS::Partition}:eks:${AWS::Region}:${AWS::AccountId}:cluster/*",
    "${ReportsBucket.Arn}/reports/*",
    "${ReportsBucket.Arn}/pages/*",
    "${ReportsBucket.Arn}/history/*",
    "${ReportsBucket.Arn}/living/*",
    "${ReportsBucket.Arn}/coverage/*",
}
"""What is named by its kind, because what there will be is not known when the role is made."""


def of_roles(template: Template, role: str | None = None) -> list[Statement]:
    roles = {role} if role else set(template.of_type("AWS::IAM::Role"))
    return [statement for statement in template.statements() if statement.holder in roles and "Resource" in statement.body]


def resource_name(resource: Any) -> str:
    """The text of a resource, or the logical id of what it refers to."""
    if isinstance(resource, str):
        return resource
    return resource["Fn::Sub"] if "*" in resource.get("Fn::Sub", "") else logical_id(resource)


def may(template: Template, role: str) -> set[tuple[str, str]]:
    """Every action of a role, each with what it may be done to."""
    return {
        (action, resource_name(resource))
        for statement in of_roles(template, role)
        for action in statement.actions
        for resource in statement.resources
    }


def granted(template: Template) -> set[str]:
    return {action for statement in of_roles(template) for action in statement.actions}


def of_a_key(artefact: Artefact, statement: Statement) -> bool:
    """A key's policy speaks of the key alone, as `*`; that the account administers it is how every key policy begins."""
    return statement.holder in artefact.template.of_type("AWS::KMS::Key")


def test_no_action_is_a_wildcard(artefact: Artefact) -> None:
    """No statement that allows anything has a `*` in an action, or names what it is not about."""
    allowing = [statement for statement in artefact.template.statements() if statement.allows and not of_a_key(artefact, statement)]
    assert allowing
    for statement in allowing:
        assert "*" not in json.dumps(statement.actions), statement
        assert "NotAction" not in statement.body, statement
        assert "NotResource" not in statement.body, statement


def test_no_resource_is_a_wildcard_without_a_reason(artefact: Artefact) -> None:
    """A `*` stands in a resource only where AWS takes nothing else, or behind account, Region and kind."""
    for statement in artefact.template.statements():
        if not statement.allows or of_a_key(artefact, statement):
            continue
        for resource in (resource_name(one) for one in statement.resources if "Resource" in statement.body):
            if resource == "*":
                assert set(statement.actions) <= {*UNNAMED, *INTERFACES}, statement
            else:
                assert "*" not in resource or resource in PATTERNS, statement


def test_tasks_are_listed_in_clusters_of_this_account_and_region_only(artefact: Artefact) -> None:
    """The permissions on `*` that could be fenced by a condition are; of services the same."""
    for action in ("ecs:ListTasks", "ecs:ListServices"):
        (statement,) = (one for one in of_roles(artefact.template) if action in one.actions)
        assert statement.actions == [action]
        pattern = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:cluster/*"
        assert statement.condition == {"ArnLike": {"ecs:cluster": {"Fn::Sub": pattern}}}


def test_only_a_trust_policy_lacks_a_resource(artefact: Artefact) -> None:
    """Every permission names its resource; the statement by which Lambda takes the role has none by nature."""
    without = [statement for statement in artefact.template.statements() if "Resource" not in statement.body]
    assert {tuple(statement.actions) for statement in without} == {("sts:AssumeRole",)}
    for statement in without:
        service = "events" if statement.holder == FORWARDING else "lambda"
        assert statement.body["Principal"] == {"Service": f"{service}.amazonaws.com"}


def test_every_function_has_a_role_of_its_own_and_there_is_no_other(artefact: Artefact) -> None:
    """The role that osls shares between functions, which may write every log group of the stage, is not there."""
    used = [logical_id(function["Role"]) for function in artefact.template.of_type("AWS::Lambda::Function").values()]
    assert len(used) == len(set(used))
    assert set(used) == set(artefact.template.of_type("AWS::IAM::Role")) - {FORWARDING}


def test_no_role_takes_a_policy_from_elsewhere(artefact: Artefact) -> None:
    """What a role may do is in the template and nowhere else, and it has no name that could collide in another Region."""
    for role in artefact.template.of_type("AWS::IAM::Role").values():
        assert not role.get("ManagedPolicyArns")
        assert "RoleName" not in role
    assert not artefact.template.of_type("AWS::IAM::Policy")


def test_task_changed_may_do_exactly_this(prod: Artefact) -> None:
    """The function takes from its queue, reads and writes the ledger, sets dead letters aside, and logs."""
    assert may(prod.template, "TaskChangedRole") == {
        ("sqs:ReceiveMessage", "TaskQueue"),
        ("sqs:DeleteMessage", "TaskQueue"),
        ("sqs:GetQueueAttributes", "TaskQueue"),
        ("sqs:SendMessage", "DeadLetters"),
        ("dynamodb:BatchGetItem", "Table"),
        ("dynamodb:GetItem", "Table"),
        ("dynamodb:PutItem", "Table"),
        ("dynamodb:UpdateItem", "Table"),
        ("logs:CreateLogStream", "TaskUnderscorechangedLogGroup"),
        ("logs:PutLogEvents", "TaskUnderscorechangedLogGroup"),
    }


def test_reconcile_may_do_exactly_this(prod: Artefact) -> None:
    """The function reads ECS, EKS, quotas and AWS's own count, reads and writes the ledger, keeps reports without reading any, and logs."""
    ours = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:%s/*"
    assert may(prod.template, "ReconcileRole") == {
        ("ecs:ListClusters", "*"),
        ("ecs:ListTasks", "*"),
        ("ecs:DescribeClusters", ours % ("ecs", "cluster")),
        ("ecs:DescribeTasks", ours % ("ecs", "task")),
        ("ecs:ListServices", "*"),
        ("ecs:DescribeServices", ours % ("ecs", "service")),
        ("eks:ListClusters", "*"),
        ("eks:DescribeCluster", ours % ("eks", "cluster")),
        ("eks:ListFargateProfiles", ours % ("eks", "cluster")),
        ("servicequotas:GetServiceQuota", "*"),
        ("servicequotas:GetAWSDefaultServiceQuota", "*"),
        ("servicequotas:ListServiceQuotas", "*"),
        ("servicequotas:ListAWSDefaultServiceQuotas", "*"),
        ("cloudwatch:GetMetricData", "*"),
        ("dynamodb:BatchGetItem", "Table"),
        ("dynamodb:GetItem", "Table"),
        ("dynamodb:Query", "Table"),
        ("dynamodb:PutItem", "Table"),
        ("dynamodb:UpdateItem", "Table"),
        ("dynamodb:DeleteItem", "Table"),
        ("s3:PutObject", "${ReportsBucket.Arn}/reports/*"),
        ("s3:PutObject", "${ReportsBucket.Arn}/pages/*"),
        ("s3:GetObject", "${ReportsBucket.Arn}/reports/*"),
        ("s3:GetObject", "${ReportsBucket.Arn}/pages/*"),
        ("s3:ListBucket", "ReportsBucket"),
        ("logs:CreateLogStream", "ReconcileLogGroup"),
        ("logs:PutLogEvents", "ReconcileLogGroup"),
    }


def test_only_in_a_vpc_and_only_lambda_itself_may_make_interfaces(prod: Artefact, prod_with_options: Artefact) -> None:
    """Outside a VPC nothing of EC2 is allowed; inside, what runs in the function is refused what its role lets Lambda do."""
    assert not any(action.startswith("ec2:") for action in granted(prod.template))
    allowing, denying = (
        [one for one in of_roles(prod_with_options.template) if one.allows is allows and any(a.startswith("ec2:") for a in one.actions)]
        for allows in (True, False)
    )
    assert [(one.holder, set(one.actions), one.condition) for one in allowing] == [("ReconcileRole", INTERFACES, {})]
    function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:acme-fargate-prod-reconcile"
    condition = {"ArnEquals": {"lambda:SourceFunctionArn": {"Fn::Sub": function}}}
    assert [(one.holder, set(one.actions), one.condition) for one in denying] == [("ReconcileRole", INTERFACES, condition)]


def test_rows_and_counters_are_written_in_transactions_only(artefact: Artefact) -> None:
    """A write outside of a transaction is allowed to no key that begins as a bucket's does."""
    writing = [statement for statement in of_roles(artefact.template) if WRITES & set(statement.actions)]
    assert writing
    for statement in writing:
        if statement.condition == {"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}}:
            continue
        keys = statement.condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        assert keys
        assert not any(key.startswith(("C", "*", "?")) for key in keys)


def test_the_key_of_the_table_is_used_only_if_there_is_one_and_only_through_dynamodb(prod: Artefact, prod_with_options: Artefact) -> None:
    """Without a customer key the role may do nothing in KMS; with one, use that key in DynamoDB's hands."""
    assert not any(action.startswith("kms:") for action in granted(prod.template))
    for role in set(prod_with_options.template.of_type("AWS::IAM::Role")) - {FORWARDING}:
        (statement,) = (
            one for one in of_roles(prod_with_options.template, role) if any(action.startswith("kms:") for action in one.actions)
        )
        assert statement.resources == [KMS_KEY]
        assert statement.condition == {"StringEquals": {"kms:ViaService": {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}}}


def test_roles_obey_the_accounts_rules(prod: Artefact, prod_with_options: Artefact) -> None:
    """Boundary and path of the roles come from the settings; without them a role has no boundary and the plain path."""
    plain = prod.template.of_type("AWS::IAM::Role").values()
    ruled = prod_with_options.template.of_type("AWS::IAM::Role").values()
    assert [(role.get("PermissionsBoundary"), role["Path"]) for role in plain] == [(None, "/")] * len(plain)
    assert [(role.get("PermissionsBoundary"), role["Path"]) for role in ruled] == [(BOUNDARY, "/acme/")] * len(ruled)


def test_publish_may_do_exactly_this(prod: Artefact, prod_with_options: Artefact) -> None:
    """The function is woken by the table, reads the ledger, keeps its lease, measures one queue, logs; and armed it puts metrics."""
    unarmed = {
        ("dynamodb:DescribeStream", "Table"),
        ("dynamodb:GetRecords", "Table"),
        ("dynamodb:GetShardIterator", "Table"),
        ("dynamodb:ListStreams", "*"),
        ("sqs:SendMessage", "PublishFailures"),
        ("sqs:GetQueueAttributes", "DeadLetters"),
        ("dynamodb:BatchGetItem", "Table"),
        ("dynamodb:GetItem", "Table"),
        ("dynamodb:Query", "Table"),
        ("dynamodb:PutItem", "Table"),
        ("dynamodb:DeleteItem", "Table"),
        ("logs:CreateLogStream", "PublishLogGroup"),
        ("logs:PutLogEvents", "PublishLogGroup"),
    }
    assert may(prod.template, "PublishRole") == unarmed
    armed = {(action, what) for action, what in may(prod_with_options.template, "PublishRole") if not action.startswith("kms:")}
    bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"
    in_an_organization = {("sqs:GetQueueAttributes", "UsageFailures")}
    assert armed == unarmed | {("cloudwatch:PutMetricData", "*"), ("events:PutEvents", bus)} | in_an_organization


def test_archive_may_do_exactly_this(prod: Artefact) -> None:
    """The function is woken by the table, reads the ledger, and writes and deletes in its own folders of the bucket only."""
    assert may(prod.template, "ArchiveRole") == {
        ("dynamodb:DescribeStream", "Table"),
        ("dynamodb:GetRecords", "Table"),
        ("dynamodb:GetShardIterator", "Table"),
        ("dynamodb:ListStreams", "*"),
        ("dynamodb:BatchGetItem", "Table"),
        ("dynamodb:GetItem", "Table"),
        ("dynamodb:Query", "Table"),
        *((f"s3:{action}Object", "${ReportsBucket.Arn}/history/*") for action in ("Get", "Put", "Delete")),
        *((f"s3:{action}Object", f"${{ReportsBucket.Arn}}/{folder}/*") for action in ("Get", "Put") for folder in ("living", "coverage")),
        ("s3:ListBucket", "ReportsBucket"),
        ("logs:CreateLogStream", "ArchiveLogGroup"),
        ("logs:PutLogEvents", "ArchiveLogGroup"),
    }


def test_metrics_are_put_in_one_namespace_only(prod_with_options: Artefact) -> None:
    """The permission to put metrics holds for the namespace of the settings."""
    (statement,) = (one for one in of_roles(prod_with_options.template) if "cloudwatch:PutMetricData" in one.actions)
    assert statement.actions == ["cloudwatch:PutMetricData"]
    assert statement.condition == {"StringEquals": {"cloudwatch:namespace": "Acme/Fargate"}}


def test_events_are_put_in_the_name_of_fargatecount_only(prod_with_options: Artefact) -> None:
    """The permission to put events holds for its own source."""
    limits, usage = (one for one in of_roles(prod_with_options.template, "PublishRole") if "events:PutEvents" in one.actions)
    assert limits.actions == usage.actions == ["events:PutEvents"]
    assert limits.condition == {"StringEquals": {"events:source": "fargatecount"}}
    assert usage.condition == {"StringEquals": {"events:source": "fargatecount", "events:detail-type": "Fargate Usage"}}


def test_a_member_may_put_events_on_the_one_bus_of_its_hub(prod: Artefact, prod_with_options: Artefact) -> None:
    """By a role that only EventBridge takes, for this account; without a hub there is no such role."""
    assert FORWARDING not in prod.template.resources
    assert not any(action == "events:PutEvents" for action in granted(prod.template))
    trust, put = (one for one in prod_with_options.template.statements() if one.holder == FORWARDING)
    assert trust.condition == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert (put.actions, put.resources, put.condition) == (["events:PutEvents"], [HUB_BUS], {})


def test_only_events_of_this_account_and_region_are_forwarded(prod_with_options: Artefact) -> None:
    """What others put on this bus goes to no hub as this account's word."""
    rule = prod_with_options.template.resources["ForwardUsage"]["Properties"]
    assert rule["EventPattern"] == {
        "source": ["fargatecount"],
        "detail-type": ["Fargate Usage"],
        "account": [{"Ref": "AWS::AccountId"}],
        "region": [{"Ref": "AWS::Region"}],
    }
    assert [target["Arn"] for target in rule["Targets"]] == [HUB_BUS]


def test_only_rules_may_publish_to_the_topic_of_the_chat(prod_with_options: Artefact) -> None:
    """It is open to EventBridge, without a condition that EventBridge never meets; alarms and rules do not share a topic."""
    (publishing,) = (one for one in prod_with_options.template.statements() if one.holder == "ChatTopicPolicy" and one.allows)
    assert publishing.body["Principal"] == {"Service": "events.amazonaws.com"}
    assert (publishing.actions, publishing.resources, publishing.condition) == (["sns:Publish"], [{"Ref": "ChatTopic"}], {})


def test_only_alarms_may_publish_to_the_topics(prod_with_options: Artefact) -> None:
    """The topics and their key are open to CloudWatch for this account, and to no other principal outside of it."""
    template = prod_with_options.template
    (publishing,) = (one for one in template.statements() if one.holder == "TopicsPolicy" and one.allows)
    assert publishing.body["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    alarms = {"Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"}
    assert publishing.condition == {"ArnLike": {"aws:SourceArn": alarms}}
    ours, theirs, chat = (one for one in template.statements() if one.holder == "AlertsKey")
    assert ours.body["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert theirs.body["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert theirs.condition == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert (chat.body["Principal"], set(chat.actions)) == ({"Service": "events.amazonaws.com"}, {"kms:Decrypt", "kms:GenerateDataKey"})


def test_without_a_chat_eventbridge_may_use_no_key(prod: Artefact) -> None:
    """The statement is there only with the rule that needs it."""
    statements = prod.template.raw["Resources"]["AlertsKey"]["Properties"]["KeyPolicy"]["Statement"]
    (chat,) = (one for one in statements if "events.amazonaws.com" in json.dumps(one))
    assert chat["Fn::If"][0] == "HasChat"
    assert chat["Fn::If"][2] == {"Ref": "AWS::NoValue"}


def test_the_alarm_topics_are_closed_to_everybody_else_without_tls_too(prod_with_options: Artefact) -> None:
    """Each topic denies publishing without TLS."""
    template = prod_with_options.template
    denying = [one for one in template.statements() if not one.allows and one.actions == ["sns:Publish"]]
    assert {logical_id(topic) for one in denying for topic in one.resources} == set(template.of_type("AWS::SNS::Topic"))
    assert all((one.body["Principal"], one.condition) == ("*", TLS_ONLY) for one in denying)


def test_only_the_rule_may_send_to_the_queues(artefact: Artefact) -> None:
    """Each queue's policy allows one thing, that this stack's rule sends to it; to the publisher's failures only its role may."""
    policies = artefact.template.of_type("AWS::SQS::QueuePolicy")
    sent_to = set()
    for statement in artefact.template.statements():
        if statement.holder in policies and statement.allows:
            assert statement.actions == ["sqs:SendMessage"]
            assert statement.body["Principal"] == {"Service": "events.amazonaws.com"}
            rule = "ForwardUsage" if statement.holder == "UsageFailuresPolicy" else "TaskEvents"
            assert statement.condition == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}}
            sent_to.add(logical_id(statement.body["Resource"]))
    assert sent_to == set(artefact.template.of_type("AWS::SQS::Queue")) - {"PublishFailures"}


def test_queues_refuse_plain_http_on_aws(prod: Artefact, prod_with_options: Artefact) -> None:
    """Every queue denies everything without TLS."""
    for one in (prod, prod_with_options):
        denying = [statement for statement in one.template.statements() if not statement.allows and statement.actions == ["sqs:*"]]
        assert {logical_id(statement.body["Resource"]) for statement in denying} == set(one.template.of_type("AWS::SQS::Queue"))
        assert all(statement.condition == TLS_ONLY for statement in denying)
        assert all(statement.body["Principal"] == "*" for statement in denying)


def test_buckets_are_private(artefact: Artefact) -> None:
    """The bucket with the code and the one with the reports are encrypted and cannot be made public."""
    buckets = artefact.template.of_type("AWS::S3::Bucket")
    assert len(buckets) == 2
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]


def test_the_reports_refuse_plain_http_on_aws(prod: Artefact, prod_with_options: Artefact) -> None:
    """The bucket and everything in it are denied without TLS, and its policy has no other statement."""
    for one in (prod, prod_with_options):
        (statement,) = (statement for statement in one.template.statements() if statement.holder == "ReportsBucketPolicy")
        assert not statement.allows
        assert (statement.actions, statement.body["Principal"], statement.condition) == (["s3:*"], "*", TLS_ONLY)
        assert statement.resources == [{"Fn::GetAtt": ["ReportsBucket", "Arn"]}, {"Fn::Sub": "${ReportsBucket.Arn}/*"}]
