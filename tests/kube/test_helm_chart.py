"""The Helm chart, by Helm's own library: linted, rendered with each of five values files, installed on a real API server, and counting."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from fargatecount import __version__
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.cli.serve import command as serve
from fargatecount.settings.deployment import Settings
from tests.kube.control_plane import ADMIN, MANIFESTS, RealPlane
from tests.kube.storm import Storm
from tests.kube.watching import RunningWatcher, settles
from tests.support.builders import PODS
from watcher.__main__ import parser
from watcher.in_cluster import in_cluster

helm = pytest.importorskip("helm_python", reason="helm-python-sdk has no wheel for this machine")

ROOT = Path(__file__).parents[2]
CHART = ROOT / "infra" / "helm"
VALUES = sorted((ROOT / "tests" / "cases" / "helm").glob("*.yaml"))
NAMESPACE = "counting"
PRESENT = "v1.33.0"


def values(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def rendered(given: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return every object of the chart, by kind and name."""
    with helm.Chart.load(CHART) as chart:
        files = chart.render(given, name="fc", namespace=NAMESPACE)
    objects = [one for name, text in files.items() if name.endswith(".yaml") for one in yaml.safe_load_all(text) if one]
    return {(one["kind"], one["metadata"]["name"]): one for one in objects}


def container(given: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = rendered(given)["Deployment", f"fc-{name}"]["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.stem)
def test_helm_finds_nothing_to_complain_about(path: Path) -> None:
    """`helm lint --strict` has no warning and no error with any of the values files."""
    report = helm.lint(CHART, values(path), strict=True, namespace=NAMESPACE)
    assert [one for one in report["messages"] if one["severity"] > 1] == []
    assert not report["errors"]


@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.stem)
def test_each_values_file_is_rendered(path: Path) -> None:
    """What is enabled is there, in the namespace of the release, with the image that was asked for."""
    given = values(path)
    objects = rendered(given)
    deployments = {name for kind, name in objects if kind == "Deployment"}
    expected = {"fc-watcher"} if given.get("watcher", {}).get("enabled", True) else set()
    expected |= {"fc-exporter"} if given.get("exporter", {}).get("enabled") else set()
    assert deployments == expected
    assert {one["metadata"].get("namespace", NAMESPACE) for one in objects.values()} == {NAMESPACE}
    for name in deployments:
        (found,) = objects["Deployment", name]["spec"]["template"]["spec"]["containers"]
        part = name.removeprefix("fc-")
        image = given.get(part, {}).get("image", {"repository": f"ghcr.io/fargatecount/fargatecount-{part}"})
        assert found["image"] == f"{image['repository']}:{image.get('tag', __version__)}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"cluster": ""},
        {"cluster": "no such name!"},
        {"region": "Ireland"},
        {"buckets": 65},
        {"bucket": 8},
        {"watcher": {"roleArn": "fargatecount"}},
        {"watcher": {"replicas": 2}},
        {"exporter": {"detail": "all"}},
        {"exporter": {"every": 0}},
    ],
    ids=str,
)
def test_values_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    """The schema of the values refuses an unknown key and a value out of its limits, before anything is applied."""
    given = values(VALUES[-1]) | wrong
    with helm.Chart.load(CHART) as chart, pytest.raises(helm.HelmError):
        chart.validate_schema(given)


def test_the_watcher_of_the_chart_is_that_of_the_kustomization() -> None:
    """Two ways to install one thing: the same probes, the same security, the same rights; the settings are those that are read."""
    (other,) = yaml.safe_load((MANIFESTS / "deployment.yaml").read_text())["spec"]["template"]["spec"]["containers"]
    found = container(values(VALUES[-1]), "watcher")
    for name in ("startupProbe", "livenessProbe", "readinessProbe", "securityContext", "resources"):
        assert found[name] == other[name], name
    # The chart names the protocol, without which an API server before 1.20 applies no port.
    assert [{**port, "protocol": "TCP"} for port in other["ports"]] == found["ports"]
    role = next(one for (kind, _), one in rendered(values(VALUES[-1])).items() if kind == "ClusterRole")
    assert role["rules"] == next(iter(yaml.safe_load_all((MANIFESTS / "reader.yaml").read_text())))["rules"]
    assert {one["name"] for one in found["env"]} - {"AWS_REGION"} <= Settings.variables()


def test_the_exporter_starts_with_options_that_it_has() -> None:
    """Its arguments are those of `fargatecount serve`; with a secret it demands the token, without one it says that it does not."""
    with_token, without = (
        container(values(ROOT / "tests" / "cases" / "helm" / f"{name}.yaml"), "exporter") for name in ("exporter", "exporter-alone")
    )
    for found in (with_token, without):
        assert found["args"][0] == "serve"
        serve.make_context("serve", list(found["args"][1:]))
    assert ("--insecure" in with_token["args"], "--insecure" in without["args"]) == (False, True)
    assert with_token["env"][1]["valueFrom"]["secretKeyRef"] == {"name": "fargatecount-token", "key": "token"}
    assert CliRunner().invoke(serve, ["--help"]).exit_code == 0


@pytest.fixture(scope="module")
def installed(real_plane: RealPlane) -> Iterator[tuple[RealPlane, Any]]:
    """A real API server with the chart installed by Helm, exporter and all."""
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "clusters": [{"name": "test", "cluster": {"server": real_plane.host, "certificate-authority-data": encoded(real_plane.ca)}}],
        "users": [{"name": "admin", "user": {"token": ADMIN}}],
    }
    with helm.Config(kubeconfig_content=yaml.safe_dump(kubeconfig), namespace=NAMESPACE) as config, helm.Chart.load(CHART) as chart:
        given = values(ROOT / "tests" / "cases" / "helm" / "exporter.yaml")
        config.install(chart, "fc", given, namespace=NAMESPACE, create_namespace=True)
        yield real_plane, config
        config.uninstall("fc")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_helm_installs_and_upgrades_it(installed: tuple[RealPlane, Any]) -> None:
    """The API server stores every object; an upgrade with other values is a second revision of the release."""
    plane, config = installed
    names = {one["metadata"]["name"] for one in plane.driver.request("GET", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments")["items"]}
    assert names == {"fc-watcher", "fc-exporter"}
    given = copy.deepcopy(values(ROOT / "tests" / "cases" / "helm" / "exporter.yaml")) | {"exporter": {"enabled": False}}
    with helm.Chart.load(CHART) as chart:
        config.upgrade(chart, "fc", given, namespace=NAMESPACE)
    left = plane.driver.request("GET", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments")["items"]
    assert {one["metadata"]["name"] for one in left} == {"fc-watcher"}


def test_the_watcher_of_the_installed_chart_counts(installed: tuple[RealPlane, Any], tmp_path: Path) -> None:
    """Started with the stored arguments, as the stored service account, with the stored rights: the rows are the pods of the cluster."""
    plane, _ = installed
    stored = plane.driver.request("GET", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/fc-watcher")["spec"]["template"]["spec"]
    asked = parser().parse_args(stored["containers"][0]["args"])
    assert (asked.cluster, asked.in_cluster, asked.listen) == ("web", True, "0.0.0.0:8080")
    account = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{stored['serviceAccountName']}/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": [], "expirationSeconds": 3600}}
    (tmp_path / "token").write_text(plane.driver.request("POST", account, request)["status"]["token"])
    (tmp_path / "ca.crt").write_text(plane.ca)
    host, port = plane.host.removeprefix("https://").split(":")
    connection = in_cluster(asked.cluster, {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}, tmp_path)
    plane.clear()
    Storm(plane.driver, pods=12, seed=5).blow(24)
    ledger = MemoryLedger()
    with RunningWatcher(connection, ledger, PODS):
        settles(ledger, PODS, plane.driver)
