"""The permissions of the readers' group."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from fargatecount.eks.enrollment.rbac import BINDING, CLUSTER_ROLE, MANIFEST, gives_rights
from tests.kube.control_plane import MANIFESTS


@pytest.mark.parametrize(
    ("role", "binding", "gives"),
    [
        (CLUSTER_ROLE, BINDING, True),
        (None, BINDING, False),
        (CLUSTER_ROLE, None, False),
        ({**CLUSTER_ROLE, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}, BINDING, False),
        ({**CLUSTER_ROLE, "rules": [{"apiGroups": [""], "resources": ["*"], "verbs": ["*"]}]}, BINDING, True),
        ({**CLUSTER_ROLE, "rules": None}, BINDING, False),
        (CLUSTER_ROLE, {**BINDING, "subjects": None}, False),
        (CLUSTER_ROLE, {**BINDING, "roleRef": {"name": "view"}}, False),
    ],
)
def test_rights_are_there_when_the_group_may_list_and_watch(role: Any, binding: Any, gives: bool) -> None:
    """Fewer permissions are not enough, more are."""
    assert gives_rights(role, binding) is gives


def test_the_printed_manifest_is_that_of_the_checkout() -> None:
    """The package and infra/kubernetes contain the same objects."""
    assert list(yaml.safe_load_all((MANIFESTS / "reader.yaml").read_text())) == list(MANIFEST)
