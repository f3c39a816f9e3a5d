"""ARNs of ECS, in every partition."""

from __future__ import annotations

import pytest

from fargatecount.ecs.arn import cluster_of, service_of, task_id_of
from fargatecount.workload import Cluster, Kind, Scope

PLACE = "arn:aws-eusc:ecs:eusc-de-east-1:111122223333"
LAB = Cluster(Scope("111122223333", "eusc-de-east-1"), Kind.ECS, "lab")


@pytest.mark.parametrize(
    ("arn", "cluster"),
    [
        (f"{PLACE}:cluster/lab", LAB),
        (f"{PLACE}:cluster/" + "x" * 256, None),
        (f"{PLACE}:cluster/a/b", None),
        (f"{PLACE}:cluster/é", None),
        (f"{PLACE}:task/lab", None),
        (f"{PLACE.replace('eusc-de-east-1', 'e' * 64)}:cluster/lab", None),
        (f"{PLACE.replace('eusc-de-east-1', 'EU-WEST-1')}:cluster/lab", None),
        (f"{PLACE.replace('111122223333', '1' * 13)}:cluster/lab", None),
        (f"{PLACE.replace('111122223333', '١٢٣٤٥٦٧٨٩٠١٢')}:cluster/lab", None),
        (f"{PLACE.replace('aws-eusc', 'a' * 64)}:cluster/lab", None),
        (f"{PLACE}:cluster/lab\n", None),
        ("", None),
    ],
)
def test_clusters(arn: str, cluster: Cluster | None) -> None:
    """Only an ARN whose parts fit the table's keys names a cluster."""
    assert cluster_of(arn) == cluster


@pytest.mark.parametrize(
    ("arn", "found"),
    [(f"{PLACE}:task/lab/1a", "1a"), (f"{PLACE}:task/1a", "1a"), (f"{PLACE}:task/lab/1a/2", None), (f"{PLACE}:task/", None), ("1a", None)],
)
def test_tasks(arn: str, found: str | None) -> None:
    """The id is the last part, with or without the cluster's name in front of it."""
    assert task_id_of(arn) == found


@pytest.mark.parametrize(
    ("arn", "found"),
    [
        (f"{PLACE}:service/lab/demo", (LAB, "demo")),
        (f"{PLACE}:service/demo", (None, "demo")),
        (f"{PLACE}:service/", (None, "")),
        ("demo", (None, "")),
    ],
)
def test_services(arn: str, found: tuple[Cluster | None, str]) -> None:
    """The old form of a service ARN has no cluster name."""
    assert service_of(arn) == found
