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
    """Return the role under another name, so that no permission in use changes."""
    return {**CLUSTER_ROLE, "metadata": {"name": name}}


def test_what_is_applied_is_there(plane: ControlPlane) -> None:
    """The server stores the applied rules."""
    mine = named("applied")
    objects(plane).apply(mine)
    found = objects(plane).read(mine)
    assert found is not None
    assert found["rules"] == CLUSTER_ROLE["rules"]


def test_applying_again_changes_nothing(plane: ControlPlane) -> None:
    """Applying the same object again changes nothing."""
    mine = named("twice")
    for _ in range(2):
        objects(plane).apply(mine)
    found = objects(plane).read(mine)
    assert found is not None
    assert found["rules"] == CLUSTER_ROLE["rules"]


def test_a_deleted_object_is_gone(plane: ControlPlane) -> None:
    """Deleting an object twice is not an error."""
    mine = named("deleted")
    objects(plane).apply(mine)
    for _ in range(2):
        objects(plane).delete(mine)
    assert objects(plane).read(mine) is None


def test_the_permissions_of_the_group_are_recognized(plane: ControlPlane) -> None:
    """The permissions are recognized in the form in which the server returns them."""
    assert gives_rights(objects(plane).read(CLUSTER_ROLE), objects(plane).read(BINDING))


def test_a_user_without_permission_is_refused_by_name(plane: ControlPlane) -> None:
    """The error names the user, the verb and the remedy."""
    with pytest.raises(DeniedError, match="cannot patch resource") as refused:
        objects(plane, NOBODY).apply(CLUSTER_ROLE)
    assert "administrator" in refused.value.remedy
    with pytest.raises(DeniedError, match="cannot get resource"):
        objects(plane, NOBODY).read(CLUSTER_ROLE)


def test_an_unknown_token_is_refused(plane: ControlPlane) -> None:
    """401 has another remedy than 403: an access entry."""
    with pytest.raises(DeniedError, match="401") as refused:
        objects(plane, UNKNOWN).read(CLUSTER_ROLE)
    assert "access entry" in refused.value.remedy


def test_permission_to_list_is_checked(plane: ControlPlane) -> None:
    """The check passes for the reader of pods, and for no other user."""
    objects(plane, WATCHER).check_listing()
    with pytest.raises(DeniedError):
        objects(plane, NOBODY).check_listing()


def test_a_cluster_without_aws_auth_has_no_mappings(plane: ControlPlane) -> None:
    """A missing ConfigMap is an empty mapping."""
    assert objects(plane).aws_auth() == {}


def test_aws_auth_is_read(simulation: SimulatedPlane) -> None:
    """The data of aws-auth are returned as text."""
    body = {"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {"mapRoles": "- rolearn: x\n"}}
    simulation.driver.request("PUT", "/api/v1/namespaces/kube-system/configmaps/aws-auth", body)
    assert objects(simulation).aws_auth() == body["data"]


def test_a_cluster_out_of_reach_is_unavailable(simulation: SimulatedPlane) -> None:
    """A cluster out of reach is unavailable, not denied."""
    simulation.api.stop()
    with pytest.raises(UnavailableError):
        objects(simulation, NOBODY).read(CLUSTER_ROLE)
