"""The logging configuration that `eks logging apply` writes, and the rights that a pod execution role needs for it. Pure.

The sections are those of AWS's example: https://docs.aws.amazon.com/eks/latest/userguide/fargate-logging.html.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fargatecount.eks.logging.parse import Pair, Section, write

STREAM_PREFIX = "from-fluent-bit-"
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html."""
ACTIONS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents", "logs:PutRetentionPolicy")
POLICY_PREFIX = "fargatecount-eks-logging-"


class LogDestination(msgspec.Struct, frozen=True, kw_only=True):
    """Where the logs of one cluster go; `retention` in days."""

    cluster: str
    account: str
    region: str
    partition: str
    group: str
    retention: int

    @property
    def policy_name(self) -> str:
        """Name of the inline policy: one for each cluster, because clusters may share a role."""
        return f"{POLICY_PREFIX}{self.cluster}"


def default_group(cluster: str) -> str:
    """Return the log group of a cluster's pods on Fargate."""
    return f"/aws/eks/{cluster}/fargate"


def _section(kind: str, **pairs: str) -> Section:
    return Section(kind, 1, "", tuple(Pair(key, value, 1, "    ") for key, value in pairs.items()))


CRIO_FILTER = _section("FILTER", Name="parser", Match="*", Key_Name="log", Parser="crio")
CRIO_PARSER = _section(
    "PARSER",
    Name="crio",
    Format="Regex",
    Regex=r"^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>P|F) (?<log>.*)$",
    Time_Key="time",
    Time_Format="%Y-%m-%dT%H:%M:%S.%L%z",
)
KUBERNETES_FILTER = _section(
    "FILTER", Name="kubernetes", Match="kube.*", Merge_Log="On", Keep_Log="Off", Buffer_Size="0", Kube_Meta_Cache_TTL="300s"
)


def default_output(destination: LogDestination) -> Section:
    """Return the output to a log group."""
    return _section(
        "OUTPUT",
        Name="cloudwatch_logs",
        Match="kube.*",
        region=destination.region,
        log_group_name=destination.group,
        log_stream_prefix=STREAM_PREFIX,
        log_retention_days=str(destination.retention),
        auto_create_group="true",
    )


def default_data(destination: LogDestination) -> dict[str, str]:
    """Return the data of the ConfigMap: lines of containerd taken apart, JSON in them merged, names of pods added."""
    return {
        "filters.conf": write((CRIO_FILTER, KUBERNETES_FILTER)),
        "output.conf": write((default_output(destination),)),
        "parsers.conf": write((CRIO_PARSER,)),
    }


def role_policy(destination: LogDestination, groups: tuple[str, ...]) -> dict[str, Any]:
    """Return the policy document for the pod execution roles: writing to these log groups, and to no other."""
    prefix = f"arn:{destination.partition}:logs:{destination.region}:{destination.account}:log-group:"
    resources = [f"{prefix}{group}{suffix}" for group in groups for suffix in ("", ":*")]
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(ACTIONS), "Resource": resources}]}
