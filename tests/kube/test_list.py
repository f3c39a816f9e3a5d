"""Listing pods, against the simulator and a real API server alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fargatecount.adapters.kubernetes.pods import KubeConnection, list_pods
from fargatecount.errors import DeniedError, MisconfiguredError, UnavailableError
from tests.kube.control_plane import NOBODY, ControlPlane, SimulatedPlane, simulated


def names(plane: ControlPlane, page_size: int = 500) -> list[str]:
    return [pod.metadata.name for pod in list_pods(plane.connection(), page_size=page_size).pods]


def acting_before_page(number: int, act: Callable[[], None], connection: KubeConnection) -> KubeConnection:
    """Return a connection that calls `act` before the request of that page, by way of its token."""
    requests = iter(range(1, 1000))

    def token() -> str:
        if next(requests) == number:
            act()
        return connection.token()

    return replace(connection, token=token)


def test_an_empty_cluster_is_an_empty_list_with_a_version(plane: ControlPlane) -> None:
    """An empty cluster is an empty list with a version."""
    found = list_pods(plane.connection())
    assert found.pods == []
    assert found.version > 0


def test_all_pages_together_are_the_list(plane: ControlPlane) -> None:
    """Seven pods on pages of three are seven pods."""
    for i in range(7):
        plane.driver.create(f"pod-{i}")
    assert names(plane, page_size=3) == [f"pod-{i}" for i in range(7)]


def test_pods_of_other_schedulers_are_left_out(plane: ControlPlane) -> None:
    """The selector hides pods of other schedulers on every page."""
    for i in range(6):
        plane.driver.create(f"other-{i}", scheduler="default-scheduler")
    plane.driver.create("pod-ours")
    assert names(plane, page_size=2) == ["pod-ours"]


def test_a_completed_pod_is_listed(plane: ControlPlane) -> None:
    """A completed pod is in the list."""
    plane.driver.create("job")
    plane.driver.bind("job")
    plane.driver.complete("job")
    assert names(plane) == ["job"]


def test_a_deleted_pod_is_not_listed(plane: ControlPlane) -> None:
    """A deleted pod is not in the list."""
    plane.driver.create("short")
    plane.driver.delete("short")
    assert names(plane) == []


def test_the_version_of_the_list_is_not_below_that_of_its_pods(plane: ControlPlane) -> None:
    """The list's version is at least that of each of its pods, so absence can be judged by version."""
    plane.driver.create("pod")
    before = list_pods(plane.connection())
    plane.driver.create("later")
    after = list_pods(plane.connection())
    assert int(before.pods[0].metadata.resource_version) <= before.version
    assert before.version < int(next(pod.metadata.resource_version for pod in after.pods if pod.metadata.name == "later")) <= after.version


def test_all_pages_are_of_one_moment(plane: ControlPlane) -> None:
    """Changes between two pages are not in the list."""
    for i in range(6):
        plane.driver.create(f"pod-{i}")

    def meddle() -> None:
        plane.driver.create("pod-9")
        plane.driver.delete("pod-5")

    found = list_pods(acting_before_page(2, meddle, plane.connection()), page_size=2)
    assert [pod.metadata.name for pod in found.pods] == [f"pod-{i}" for i in range(6)]


def test_a_list_whose_version_is_compacted_half_way_begins_again(plane: ControlPlane) -> None:
    """A list whose version expires starts again, and is complete at the newer version."""
    for i in range(6):
        plane.driver.create(f"pod-{i}")

    def meddle() -> None:
        plane.driver.delete("pod-0")
        plane.compact()

    found = list_pods(acting_before_page(2, meddle, plane.connection()), page_size=2)
    assert [pod.metadata.name for pod in found.pods] == [f"pod-{i}" for i in range(1, 6)]


def test_missing_permission_to_list_is_denied_in_the_words_of_the_server(plane: ControlPlane) -> None:
    """Missing permissions are a DeniedError that names the user and the verb."""
    plane.driver.create("pod")
    with pytest.raises(DeniedError, match='User "nobody" cannot list resource "pods"'):
        list_pods(plane.connection(NOBODY))


def test_an_unknown_token_is_denied(plane: ControlPlane) -> None:
    """An unknown token is a DeniedError."""
    with pytest.raises(DeniedError, match="401 Unauthorized"):
        list_pods(plane.connection("no-such-token"))


def test_a_server_of_another_ca_is_not_trusted(plane: ControlPlane) -> None:
    """A server with another CA does not receive the token."""
    asked = []

    def token() -> str:
        asked.append(1)
        return "secret"

    with simulated("another") as another, pytest.raises(MisconfiguredError, match="CERTIFICATE_VERIFY_FAILED"):
        list_pods(replace(plane.connection(), ca=another.api.ca.encode(), token=token))


def test_a_server_that_is_down_is_unavailable(simulation: SimulatedPlane) -> None:
    """A server that is down is unavailable, not empty."""
    connection = simulation.connection()
    simulation.api.stop()
    with pytest.raises(UnavailableError):
        list_pods(connection)


def test_a_server_that_always_forgets_half_way_is_unavailable(simulation: SimulatedPlane) -> None:
    """A list is never assembled from two versions."""
    for i in range(4):
        simulation.driver.create(f"pod-{i}")
    simulation.api.faults.change(gone_while_paging=100)
    with pytest.raises(UnavailableError, match="410"):
        list_pods(simulation.connection(), page_size=2)
