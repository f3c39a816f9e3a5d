"""`fargatecount destroy`, and what it leaves to the command that made the stack."""

from __future__ import annotations

from collections.abc import Callable

from tests.cli.conftest import Answer
from tests.support.deployed import STAGE, Deployed


def test_the_stack_of_a_stack_set_is_left_to_it(here: Deployed, fargatecount: Callable[..., Answer]) -> None:
    """Changed or removed here, the StackSet would bring it back; the answer names the command for all members."""
    here.create_stack(f"StackSet-fargatecount-{STAGE}-0f8fad5b-d9cb-469f-a165-70867728950e")
    answer = fargatecount("destroy", "--stage", STAGE, "--dry-run")
    assert answer.code == 2
    assert "were rolled out as StackSet-fargatecount-test-0f8fad5b" in answer.err
    assert "fargatecount organization upgrade" in answer.err


def test_a_hub_is_removed_like_a_member(here: Deployed, fargatecount: Callable[..., Answer]) -> None:
    """Its table stays, and is named; it has no reports."""
    here.create_stack(f"fargatecount-hub-{STAGE}", TableName="", HubTableName="reports-of-all")
    answer = fargatecount("destroy", "--hub", "--stage", STAGE, "--dry-run")
    assert answer.code == 0
    assert f"Stack fargatecount-hub-{STAGE}" in answer.out
    assert "Kept: table reports-of-all with every row" in answer.out
