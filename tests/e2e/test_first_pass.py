"""A deployment into an account that is already full."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local.stack import Stack
from tests.e2e.deployment import Deployed
from tests.e2e.test_reconcile import start
from tests.kube.deadline import eventually


def test_a_deployment_into_a_full_account_claims_nothing_before_it_has_looked(tmp_path: Path) -> None:
    """Where 500 tasks run already, no answer is complete before the first full pass, and the first that is says 500."""
    with Stack(tmp_path / "aws") as stack:
        start(stack, [f"old-{i}" for i in range(5)], 100)
        stack.deploy()
        deployed = Deployed(stack)
        answers = []

        def looked() -> bool:
            answers.append(deployed.status())
            return bool(answers[-1]["complete"])

        # The schedule ticks once a minute, and nobody starts a reconcile by hand.
        eventually(looked, "the deployment's own first pass has ended", within=150)
        assert answers[-1]["scopes"][0]["total"]["running"] == 500
        assert all(answer["scopes"] == [] or answer["scopes"][0]["reason"] or _unlisted(answer) for answer in answers[:-1])


def _unlisted(answer: dict[str, Any]) -> bool:
    return any(not cluster["readable"] for cluster in answer["scopes"][0]["clusters"])
