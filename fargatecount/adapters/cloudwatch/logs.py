"""Log groups: what there is, what they cost, and when something came last.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.eks.logging.steps import GROUP_TAG, LogGroup
from fargatecount.workload import Millis

TAGS = {"application": "fargatecount"}
HOUR = 3600


class CloudWatchLogGroups:
    """The log groups of one account and Region.

    Every method raises DeniedError if AWS refuses, and UnavailableError if it does not answer.
    """

    def __init__(self, logs: Any, cloudwatch: Any) -> None:
        self._logs = logs
        self._cloudwatch = cloudwatch

    def find(self, name: str) -> LogGroup | None:
        """Return the group of that name; None if there is none."""
        with _calling("DescribeLogGroups", name):
            pages = self._logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
            found = next((group for page in pages for group in page["logGroups"] if group["logGroupName"] == name), None)
        if found is None:
            return None
        with _calling("ListTagsForResource", name):
            tags = self._logs.list_tags_for_resource(resourceArn=found["arn"].removesuffix(":*")).get("tags") or {}
        made_for = tags.get(GROUP_TAG, "") if TAGS.items() <= tags.items() else ""
        return LogGroup(name=name, retention=found.get("retentionInDays"), stored_bytes=found.get("storedBytes") or 0, made_for=made_for)

    def create(self, name: str, retention: int, made_for: str) -> None:
        """Create a group for a cluster; one whose retention is refused is deleted again."""
        with _calling("CreateLogGroup", name):
            self._logs.create_log_group(logGroupName=name, tags={**TAGS, GROUP_TAG: made_for})
        try:
            with _calling("PutRetentionPolicy", name):
                self._logs.put_retention_policy(logGroupName=name, retentionInDays=retention)
        except Exception:
            self.delete(name)
            raise

    def delete(self, name: str) -> None:
        """Delete a group with its logs, if it exists."""
        with _calling("DeleteLogGroup", name):
            try:
                self._logs.delete_log_group(logGroupName=name)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
                    raise

    def last_event(self, name: str) -> Millis | None:
        """Return when a group's newest stream got its last event; None if there is no event or no group.

        CloudWatch updates the time within an hour or so, so it is a lower bound.
        """
        with _calling("DescribeLogStreams", name):
            try:
                answer = self._logs.describe_log_streams(logGroupName=name, orderBy="LastEventTime", descending=True, limit=1)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                    return None
                raise
        streams = answer["logStreams"]
        return None if not streams else streams[0].get("lastIngestionTime") or streams[0].get("lastEventTimestamp")

    def incoming_bytes(self, name: str, since: Millis, until: Millis) -> float:
        """Return the bytes that a group took in; 0 if CloudWatch has no data point."""
        with aws_errors(
            f"reading IncomingBytes of {name}", remedy="allow cloudwatch:GetMetricStatistics", action="cloudwatch:GetMetricStatistics"
        ):
            answer = self._cloudwatch.get_metric_statistics(
                Namespace="AWS/Logs",
                MetricName="IncomingBytes",
                Dimensions=[{"Name": "LogGroupName", "Value": name}],
                StartTime=since / 1000,
                EndTime=until / 1000,
                Period=24 * HOUR,
                Statistics=["Sum"],
            )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))


def _calling(operation: str, name: str) -> Any:
    return aws_errors(f"{operation} {name}", remedy=f"allow logs:{operation} to yourself", action=f"logs:{operation}")
