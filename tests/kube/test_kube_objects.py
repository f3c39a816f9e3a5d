"""Single objects of a cluster, on the simulator and a real API server alike."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.adapters.kubernetes.objects import KubeObjects
from fargatecount.eks.enrollment.rbac import BINDING, CLUSTER_ROLE, gives_rights
from fargatecount.errors import DeniedError, UnavailableError
from tests.kube.control_plane import ADMIN, NOBODY, WATCHER, ControlPlane, SimulatedPlane

UNKNOWN = "token-of-a-stranger"


def objects(plane: ControlPlane, token: str = ADMIN) -> KubeObjects:
    return KubeObjects(plane.connection(token))


def named(name: str) -> dict[str, Any]:
    """Return the role under another name, so that nobody's rights are at stake."""
    return {**CLUSTER_ROLE, "metadata": {"name": name}}


def test_what_is_applied_is_there(plane: ControlPlane) -> None:
    """The server keeps the rules that were sent."""
    mine = named("applied")
    objects(plane).apply(mine)
    found = objects(plane).read(mine)
    assert found is not None
    assert found["rules"] == CLUSTER_ROLE["rules"]


def test_applying_again_changes_nothing(plane: ControlPlane) -> None:
    """The same may be applied as often as anybody likes."""
    mine = named("twice")
    for _ in range(2):
        objects(plane).apply(mine)
    found = objects(plane).read(mine)
    assert found is not None
    assert found["rules"] == CLUSTER_ROLE["rules"]


def test_a_deleted_object_is_gone(plane: ControlPlane) -> None:
    """Deleting what is not there is no failure."""
    mine = named("deleted")
    objects(plane).apply(mine)
    for _ in range(2):
        objects(plane).delete(mine)
    assert objects(plane).read(mine) is None


def test_the_rights_of_the_group_are_recognised(plane: ControlPlane) -> None:
    """As the server returns them, with all that it adds."""
    assert gives_rights(objects(plane).read(CLUSTER_ROLE), objects(plane).read(BINDING))


def test_somebody_without_rights_is_refused_by_name(plane: ControlPlane) -> None:
    """The error says who may not do what, and whom to ask."""
    with pytest.raises(DeniedError, match="cannot patch resource") as refused:
        objects(plane, NOBODY).apply(CLUSTER_ROLE)
    assert "administrator" in refused.value.remedy
    with pytest.raises(DeniedError, match="cannot get resource"):
        objects(plane, NOBODY).read(CLUSTER_ROLE)


def test_a_stranger_is_refused(plane: ControlPlane) -> None:
    """401 is told apart from 403: the remedy is an access entry."""
    with pytest.raises(DeniedError, match="401") as refused:
        objects(plane, UNKNOWN).read(CLUSTER_ROLE)
    assert "access entry" in refused.value.remedy


def test_who_may_list_is_told(plane: ControlPlane) -> None:
    """The check passes for the reader of pods, and for nobody else."""
    objects(plane, WATCHER).check_listing()
    with pytest.raises(DeniedError):
        objects(plane, NOBODY).check_listing()


def test_a_cluster_without_aws_auth_maps_nobody(plane: ControlPlane) -> None:
    """No ConfigMap is no mapping, and no failure."""
    assert objects(plane).aws_auth() == {}


def test_aws_auth_is_read(simulation: SimulatedPlane) -> None:
    """Its data are text."""
    body = {"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {"mapRoles": "- rolearn: x\n"}}
    simulation.driver.request("PUT", "/api/v1/namespaces/kube-system/configmaps/aws-auth", body)
    assert objects(simulation).aws_auth() == body["data"]


def test_a_cluster_out_of_reach_is_unavailable(simulation: SimulatedPlane) -> None:
    """Not reached is not refused."""
    simulation.api.stop()
    with pytest.raises(UnavailableError):
        objects(simulation, NOBODY).read(CLUSTER_ROLE)
