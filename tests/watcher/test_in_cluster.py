"""Connections from inside a pod."""

from __future__ import annotations

from pathlib import Path

import pytest

from fargatecount.errors import DeniedError, MisconfiguredError
from watcher.in_cluster import in_cluster

POD = {"KUBERNETES_SERVICE_HOST": "10.100.0.1", "KUBERNETES_SERVICE_PORT": "443"}
CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files that the kubelet mounts into a pod."""
    (tmp_path / "ca.crt").write_text(CA)
    (tmp_path / "token").write_text("secret\n")
    return tmp_path


def test_service_account(files: Path) -> None:
    """Host, CA and token are those that Kubernetes mounts into every pod."""
    connection = in_cluster("web", POD, files)
    assert (connection.host, connection.ca, connection.token(), connection.name) == ("https://10.100.0.1:443", CA.encode(), "secret", "web")


def test_address_of_an_ipv6_cluster(files: Path) -> None:
    """An IPv6 address is in brackets, so that its port is unambiguous."""
    assert in_cluster("web", {**POD, "KUBERNETES_SERVICE_HOST": "fd00::1"}, files).host == "https://[fd00::1]:443"


def test_token_that_the_kubelet_replaced(files: Path) -> None:
    """Each request uses the present content of the token file."""
    connection = in_cluster("web", POD, files)
    (files / "token").write_text("another")
    assert connection.token() == "another"


@pytest.mark.parametrize("environment", [{}, {**POD, "KUBERNETES_SERVICE_HOST": ""}, {"KUBERNETES_SERVICE_HOST": "10.100.0.1"}])
def test_outside_a_pod_there_is_no_service_account(files: Path, environment: dict[str, str]) -> None:
    """--in-cluster outside a pod is refused with what it needs."""
    with pytest.raises(MisconfiguredError, match="the service account cannot be used") as refused:
        in_cluster("web", environment, files)
    assert refused.value.remedy == "use --in-cluster only in a pod of the cluster"


@pytest.mark.parametrize("missing", ["ca.crt", "token"])
def test_pod_without_its_service_account(files: Path, missing: str) -> None:
    """A pod without a mounted service account is refused with the missing file."""
    (files / missing).unlink()
    with pytest.raises(MisconfiguredError, match=missing):
        in_cluster("web", POD, files)


def test_ca_that_is_not_a_certificate(files: Path) -> None:
    """A CA that is not a certificate is refused by its file, before any request."""
    (files / "ca.crt").write_text("nonsense")
    with pytest.raises(MisconfiguredError, match=r"not a PEM certificate: .*ca\.crt"):
        in_cluster("web", POD, files)


def test_token_that_is_missing(files: Path) -> None:
    """A token that can no longer be read is a DeniedError, which the watcher reports and retries."""
    connection = in_cluster("web", POD, files)
    (files / "token").write_text("")
    with pytest.raises(DeniedError, match="is empty"):
        connection.token()
