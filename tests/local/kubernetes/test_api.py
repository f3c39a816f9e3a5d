"""The pod API simulator as a program and over HTTP, beyond what it shares with a real API server (`tests/kube`)."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fargatecount.adapters.kubernetes.pods import KubeConnection, list_pods
from fargatecount.errors import DeniedError
from local.kubernetes.api import PodApi
from local.kubernetes.driver import DriverError, PodDriver
from local.kubernetes.tokens import User

ROOT = Path(__file__).parents[3]
PODS = "/api/v1/pods"


@pytest.fixture
def api() -> Iterator[PodApi]:
    with PodApi(tokens={"watcher": User("watcher", frozenset({"readers"}))}) as running:
        yield running


@pytest.fixture
def driver(api: PodApi) -> PodDriver:
    return PodDriver(api.host, api.ca, api.admin_token)


def test_one_process_serves_several_clusters(tmp_path: Path) -> None:
    """Each has a port, a CA, pods and an administrator of its own; SIGTERM ends them all."""
    command = [sys.executable, "-m", "local.kubernetes.api", "--cluster", "alpha", "--cluster", "beta"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            drivers = {name: PodDriver(found["endpoint"], _ca(found), found["admin_token"]) for name, found in told.items()}
            drivers["alpha"].create("only-here")
            assert {name: len(driver.pods()) for name, driver in drivers.items()} == {"alpha": 1, "beta": 0}
            with pytest.raises(DriverError, match="CERTIFICATE_VERIFY_FAILED"):
                PodDriver(told["alpha"]["endpoint"], _ca(told["beta"]), "").pods()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert list(tmp_path.iterdir()) == []
        finally:
            process.kill()


def _ca(found: dict[str, str]) -> str:
    return base64.b64decode(found["certificate_authority"]).decode()


def test_rights_come_from_roles(api: PodApi, driver: PodDriver) -> None:
    """A group may list pods once a role and a binding say so, and no longer when the binding is deleted."""
    connection = KubeConnection(api.host, api.ca.encode(), lambda: "watcher")
    with pytest.raises(DeniedError):
        list_pods(connection)
    role = {"metadata": {"name": "reader"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}
    binding = {"metadata": {"name": "readers"}, "roleRef": {"name": "reader"}, "subjects": [{"kind": "Group", "name": "readers"}]}
    driver.grant(role, binding)
    assert list_pods(connection).pods == []
    driver.request("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/readers")
    with pytest.raises(DeniedError):
        list_pods(connection)


def test_the_control_path_is_for_administrators(api: PodApi) -> None:
    """To anybody else it does not exist."""
    watcher = PodDriver(api.host, api.ca, "watcher")
    with pytest.raises(DriverError, match="404"):
        watcher.control("faults", frozen=True)
    assert not api.faults.settings.frozen


def test_a_fault_is_ordered_over_http(api: PodApi, driver: PodDriver) -> None:
    """The answer says what is in force now."""
    assert driver.control("faults", forget=2, frozen=True)["forget"] == 2
    assert api.faults.settings.frozen
    assert driver.request("GET", "/_fargatecount/faults")["frozen"] is True


@pytest.mark.parametrize(("change", "says"), [({"frzen": True}, "frzen"), ({"cut": 2.0}, "cut"), ({"forget": "much"}, "forget")])
def test_a_fault_that_makes_no_sense_is_refused(driver: PodDriver, change: dict[str, object], says: str) -> None:
    """The text names what is wrong."""
    with pytest.raises(DriverError, match=f"400.*{says}"):
        driver.control("faults", **change)


def test_an_access_key_is_let_in_over_http(driver: PodDriver) -> None:
    """As an EKS access entry lets a principal in."""
    assert driver.control("access", access_key="AKIAEXAMPLE", groups=["readers"]) == {"access_key": "AKIAEXAMPLE", "groups": ["readers"]}
    with pytest.raises(DriverError, match=r"400.*groups"):
        driver.control("access", access_key="AKIAEXAMPLE")


def test_administrators_are_spared(driver: PodDriver) -> None:
    """Who drives the simulation always sees the truth."""
    driver.control("faults", unavailable=5, deny_users=["admin"], gone_while_paging=5, slow_seconds=60)
    driver.create("a")
    driver.create("b")
    token = driver.request("GET", PODS, query={"limit": "1"})["metadata"]["continue"]
    assert driver.request("GET", PODS, query={"limit": "1", "continue": token})["items"][0]["metadata"]["name"] == "b"


def test_a_page_can_be_empty_and_not_the_last(driver: PodDriver) -> None:
    """Kubernetes allows it with a selector, and who stops there has lost pods."""
    driver.create("a", scheduler="default-scheduler")
    driver.create("b")
    page = driver.request("GET", PODS, query={"limit": "1", "fieldSelector": "spec.schedulerName=fargate-scheduler"})
    assert page["items"] == []
    assert page["metadata"]["continue"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"fieldSelector": "spec.priority=1"}, "400.*field label not supported: spec.priority"),
        ({"fieldSelector": "nonsense"}, "400.*invalid selector"),
        ({"limit": "many"}, "400.*limit"),
        ({"continue": "nonsense"}, "400.*continue key is not valid"),
        ({"resourceVersion": "999999"}, "504.*Too large resource version"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(driver: PodDriver, query: dict[str, str], says: str) -> None:
    """In the words and with the status of the real server."""
    with pytest.raises(DriverError, match=says):
        driver.request("GET", PODS, query=query)


def test_a_list_of_an_exact_version_is_of_that_moment(driver: PodDriver) -> None:
    """While it is remembered."""
    driver.create("a")
    version = driver.request("GET", PODS)["metadata"]["resourceVersion"]
    driver.create("b")
    exact = {"resourceVersion": version, "resourceVersionMatch": "Exact"}
    assert [pod["metadata"]["name"] for pod in driver.request("GET", PODS, query=exact)["items"]] == ["a"]


def test_who_waits_for_a_slow_answer_is_let_go_at_the_end(api: PodApi) -> None:
    """A server that stops does not wait for the answers that it holds back."""
    api.faults.change(slow_seconds=60)
    begin = time.monotonic()
    stop = threading.Timer(0.2, api.stop)
    stop.start()
    with pytest.raises(DriverError):
        PodDriver(api.host, api.ca, "watcher").pods()
    stop.join()
    assert time.monotonic() - begin < 30
