"""Probes of the read actions that the commands need, one harmless call each.

AWS checks the permission before it looks for the resource, so "no such task" means allowed. Only resources of the deployment and the
account are named, because a policy may cover those alone. https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import NOT_ALLOWED, REFUSED, aws_errors
from fargatecount.doctor.access import Probe
from fargatecount.errors import DeniedError, FargatecountError
from fargatecount.workload import Cluster, Kind, Scope

Create = Callable[[str], Any]
CLIENT_ERRORS = range(400, 500)
THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
}
EKS = "counting pods, fargatecount eks"


def probes(create: Create, outputs: Mapping[str, str], clusters: Sequence[Cluster], scope: Scope, partition: str) -> Iterator[Probe]:
    """Try each action and yield its result; `create` makes a client, `clusters` are the known ones.

    Raises:
        DeniedError: AWS does not accept the credentials at all.
    """
    for action, needed_for, resource, call in _calls(create, outputs, clusters, scope, partition):
        allowed, reason = _tried(action, call)
        yield Probe(action=action, needed_for=needed_for, resource=resource, allowed=allowed, reason=reason)


def _tried(action: str, call: Callable[[], Any]) -> tuple[bool | None, str]:
    try:
        with aws_errors(f"trying {action}"):
            try:
                call()
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if code in NOT_ALLOWED or status == 403:  # noqa: PLR2004 - a HEAD request has no other code
                    return False, code
                if status in CLIENT_ERRORS and code not in REFUSED | THROTTLED:
                    return True, code  # the error is about the resource, so the action is allowed
                raise
    except DeniedError:
        raise
    except FargatecountError as error:
        return None, str(error)
    return True, ""


def _calls(
    create: Create, outputs: Mapping[str, str], clusters: Sequence[Cluster], scope: Scope, partition: str
) -> Iterator[tuple[str, str, str, Callable[[], Any]]]:
    table, bucket = outputs.get("TableName"), outputs.get("ReportsBucket")
    if table:
        dynamodb, key = create("dynamodb"), {"pk": {"S": "TABLE"}, "sk": {"S": "LAYOUT"}}
        arn, every = f"arn:{partition}:dynamodb:{scope.region}:{scope.account}:table/{table}", "every command"
        yield "dynamodb:GetItem", every, arn, lambda: dynamodb.get_item(TableName=table, Key=key)
        yield "dynamodb:BatchGetItem", every, arn, lambda: dynamodb.batch_get_item(RequestItems={table: {"Keys": [key]}})
        yield (
            "dynamodb:Query",
            every,
            arn,
            lambda: dynamodb.query(
                TableName=table, Limit=1, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "TABLE"}}
            ),
        )
    if bucket:
        s3, needed = create("s3"), "fargatecount report"
        yield "s3:ListBucket", needed, f"arn:{partition}:s3:::{bucket}", lambda: s3.list_objects_v2(Bucket=bucket, MaxKeys=1)
        yield "s3:GetObject", needed, f"arn:{partition}:s3:::{bucket}/reports/*", lambda: s3.get_object(Bucket=bucket, Key="reports/none")
    yield from _of_queues(create, outputs, scope, partition)
    yield from _of_ecs(create, clusters, scope, partition)
    yield from _of_eks(create, clusters, scope, partition)
    quotas = create("service-quotas")
    yield (
        "servicequotas:GetServiceQuota",
        "fargatecount reconcile",
        "*",  # some copies of the service authorization reference know no resource type for it: infra/roles.yml
        lambda: quotas.get_service_quota(ServiceCode="fargate", QuotaCode="L-3032A538"),
    )


def _of_queues(
    create: Create, outputs: Mapping[str, str], scope: Scope, partition: str
) -> Iterator[tuple[str, str, str, Callable[[], Any]]]:
    url = outputs.get("DeadLettersUrl")
    if url:
        sqs, needed = create("sqs"), "fargatecount dead-letters"
        arn = f"arn:{partition}:sqs:{scope.region}:{scope.account}:{url.rpartition('/')[2]}"
        # A visibility timeout of 0: a received message stays visible.
        yield "sqs:ReceiveMessage", needed, arn, lambda: sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)


def _of_ecs(create: Create, clusters: Sequence[Cluster], scope: Scope, partition: str) -> Iterator[tuple[str, str, str, Callable[[], Any]]]:
    ecs, reads, fits = create("ecs"), "fargatecount reconcile", "fargatecount headroom"
    yield "ecs:ListClusters", reads, "*", lambda: ecs.list_clusters(maxResults=1)
    prefix = f"arn:{partition}:ecs:{scope.region}:{scope.account}:cluster/"
    arn = next((f"{prefix}{cluster.name}" for cluster in clusters if cluster.kind is Kind.ECS), None)
    if arn:
        tasks, services = (f"arn:{partition}:ecs:{scope.region}:{scope.account}:{what}/*" for what in ("task", "service"))
        yield "ecs:DescribeClusters", reads, arn, lambda: ecs.describe_clusters(clusters=[arn], include=["STATISTICS"])
        yield "ecs:ListTasks", reads, "*", lambda: ecs.list_tasks(cluster=arn, desiredStatus="RUNNING", launchType="FARGATE", maxResults=1)
        yield "ecs:DescribeTasks", reads, tasks, lambda: ecs.describe_tasks(cluster=arn, tasks=["0" * 32])
        yield "ecs:ListServices", fits, "*", lambda: ecs.list_services(cluster=arn, maxResults=1)
        yield "ecs:DescribeServices", fits, services, lambda: ecs.describe_services(cluster=arn, services=["none"])


def _of_eks(create: Create, clusters: Sequence[Cluster], scope: Scope, partition: str) -> Iterator[tuple[str, str, str, Callable[[], Any]]]:
    eks = create("eks")
    yield "eks:ListClusters", EKS, "*", lambda: eks.list_clusters(maxResults=1)
    found = next((cluster for cluster in clusters if cluster.kind is Kind.EKS), None)
    if found:
        name, arn = found.name, f"arn:{partition}:eks:{scope.region}:{scope.account}:cluster/{found.name}"
        yield "eks:DescribeCluster", EKS, arn, lambda: eks.describe_cluster(name=name)
        yield "eks:ListFargateProfiles", EKS, arn, lambda: eks.list_fargate_profiles(clusterName=name, maxResults=1)
