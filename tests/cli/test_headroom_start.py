"""`fargatecount headroom` in the first seconds of a deployment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Answer
from tests.support.builders import WEB
from tests.support.deployed import Deployed

Run = Callable[..., Answer]


@pytest.mark.parametrize("arguments", [("web/shop",), ("--all",)], ids=["one", "all"])
def test_before_clusters_are_listed_nothing_is_denied(here: Deployed, fargatecount: Run, arguments: tuple[str, ...]) -> None:
    """A service that is there is not known in the first seconds of a deployment: code 4, neither an error nor a yes."""
    here.ecs.serve("shop", WEB)
    assert fargatecount("headroom", *arguments).code == 4
