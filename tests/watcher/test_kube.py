"""Connections from kubeconfig files."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fargatecount.errors import DeniedError, MisconfiguredError
from local.kubernetes import certificates
from watcher import kube

CA, _ = certificates.make("web")
DATA = base64.b64encode(CA.encode()).decode()

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a kubeconfig of one cluster `web` and return its path."""

    def written(user: dict[str, Any] | None = None, **cluster: Any) -> str:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "web",
            "clusters": [
                {"name": "web", "cluster": {"server": "https://web.eks.example", "certificate-authority-data": DATA} | cluster},
                {"name": "api", "cluster": {"server": "https://api.eks.example", "certificate-authority-data": DATA}},
            ],
            "users": [{"name": "me", "user": {"token": "secret"} if user is None else user}],
            "contexts": [
                {"name": "web", "context": {"cluster": "web", "user": "me"}},
                {"name": "api", "context": {"cluster": "api", "user": "me"}},
            ],
        }
        path = tmp_path / "config"
        path.write_text(yaml.safe_dump(config))
        return str(path)

    return written


def test_token_of_a_kubeconfig(write: Write) -> None:
    """Host, CA and token come from the current context."""
    connection = kube.from_kubeconfig("web", write())
    assert (connection.host, connection.token(), connection.name) == ("https://web.eks.example", "secret", "web")
    assert connection.ca is not None
    assert connection.ca.split() == base64.b64decode(DATA).split()


def test_another_context(write: Write) -> None:
    """The context can be chosen by name."""
    assert kube.from_kubeconfig("api", write(), "api").host == "https://api.eks.example"


def test_name_in_the_certificate(write: Write) -> None:
    """A tunnel is checked against the name in its certificate."""
    connection = kube.from_kubeconfig("web", write(server="https://localhost:8443", **{"tls-server-name": "web.eks.example"}))
    assert connection.server_name == "web.eks.example"


def test_exec_plugin(write: Write) -> None:
    """The token is the output of the exec plugin that `aws eks update-kubeconfig` writes."""
    says = (
        '{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",'
        ' "status": {"token": "k8s-aws-v1.abc", "expirationTimestamp": "2030-01-01T00:00:00Z"}}'
    )
    plugin = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": sys.executable, "args": ["-c", f"print('{says}')"]}
    assert kube.from_kubeconfig("web", write({"exec": plugin})).token() == "k8s-aws-v1.abc"


@pytest.mark.parametrize(
    ("user", "cluster", "error", "says"),
    [
        pytest.param({}, {}, DeniedError, "returns no token", id="no credentials"),
        pytest.param(
            {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "no-such-command"}},
            {},
            DeniedError,
            "returns no token",
            id="plugin that is not installed",
        ),
        pytest.param(None, {"insecure-skip-tls-verify": True}, MisconfiguredError, "skips the check", id="no check of the certificate"),
        pytest.param(None, {"certificate-authority-data": "%%%"}, MisconfiguredError, "not a PEM", id="CA that is none"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_used(write: Write, user: dict[str, Any] | None, cluster: dict[str, Any], error: type[Exception], says: str) -> None:
    """A kubeconfig that is unusable is refused with the reason."""
    with pytest.raises(error, match=says):
        kube.from_kubeconfig("web", write(user, **cluster))


@pytest.mark.parametrize("text", ["", "not: [yaml", "apiVersion: v1\nkind: Config\n", "just text"])
def test_file_that_is_no_kubeconfig(tmp_path: Path, text: str) -> None:
    """Any other file is refused by its name."""
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(MisconfiguredError, match="cannot be used"):
        kube.from_kubeconfig("web", str(path))


def test_file_that_does_not_exist(tmp_path: Path) -> None:
    """A missing file is refused by its name."""
    with pytest.raises(MisconfiguredError, match="absent cannot be used"):
        kube.from_kubeconfig("web", str(tmp_path / "absent"))


def test_unknown_context(write: Write) -> None:
    """A context that the file does not have is refused by its name."""
    with pytest.raises(MisconfiguredError, match="context nope"):
        kube.from_kubeconfig("web", write(), "nope")
