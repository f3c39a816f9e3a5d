"""Enrollment: missing steps, steps that undo it, and steps for an administrator."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from fargatecount.eks.enrollment.aws_auth import is_mapped
from fargatecount.eks.enrollment.plan import (
    ApplyRights,
    ByHand,
    CreateEntry,
    DeleteEntry,
    Entry,
    Mode,
    RemoveRights,
    SetGroups,
    Situation,
    Step,
    plan_enroll,
    plan_unenroll,
)
from fargatecount.eks.enrollment.rbac import GROUP

ROLE = "arn:aws:iam::123456789012:role/acme/reconcile"
WITHOUT_PATH = "arn:aws:iam::123456789012:role/reconcile"
OURS = Entry(frozenset({GROUP}), is_ours=True)
THEIRS = Entry(frozenset({"developers"}))
BOTH_GROUPS = Entry(frozenset({"developers", GROUP}))


def found(mode: Mode = Mode.API, entry: Entry | None = None, **changes: Any) -> Situation:
    """Return a cluster `web` without entries and permissions."""
    values: dict[str, Any] = {"entries": {ROLE: entry} if mode.takes_entries else {}, "rights": False}
    return Situation(**{"name": "web", "region": "eu-west-1", "mode": mode, "principals": [ROLE]} | values | changes)


CASES: list[tuple[str, Situation, list[Step]]] = [
    ("nothing there", found(), [CreateEntry(ROLE), ApplyRights()]),
    ("rights there", found(rights=True), [CreateEntry(ROLE)]),
    ("entry there", found(entry=OURS), [ApplyRights()]),
    ("entry created elsewhere", found(entry=THEIRS, rights=True), [SetGroups(ROLE, BOTH_GROUPS.groups)]),
    ("all there", found(entry=OURS, rights=True), []),
    ("let in by aws-auth", found(Mode.BOTH, mapped={ROLE: True}, rights=True), []),
    ("aws-auth cannot be read", found(Mode.BOTH, mapped={ROLE: None}, rights=True), [CreateEntry(ROLE)]),
    (
        "mapped, and an entry that counts instead",
        found(Mode.BOTH, THEIRS, mapped={ROLE: True}, rights=True),
        [SetGroups(ROLE, BOTH_GROUPS.groups)],
    ),
    ("old mode, mapped", found(Mode.CONFIG_MAP, mapped={ROLE: True}), [ApplyRights()]),
]


@pytest.mark.parametrize(("situation", "steps"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_enrolling_does_what_is_missing(situation: Situation, steps: list[Step]) -> None:
    """Existing parts and groups of others stay."""
    assert plan_enroll(situation) == steps


def by_hand(steps: list[Step]) -> str:
    (step,) = (step for step in steps if isinstance(step, ByHand))
    return "\n".join((step.why, *step.commands))


@pytest.mark.parametrize("mapped", [False, None])
def test_aws_auth_is_edited_by_hand(mapped: bool | None) -> None:
    """The plan for a cluster of the old mode has the exact entry without the role's path, the eksctl command, and the change of mode."""
    text = by_hand(plan_enroll(found(Mode.CONFIG_MAP, mapped={ROLE: mapped}, rights=True)))
    assert f"- rolearn: {WITHOUT_PATH}\n  username: fargatecount\n  groups:\n  - {GROUP}" in text
    assert f"eksctl create iamidentitymapping --cluster web --region eu-west-1 --arn {WITHOUT_PATH}" in text
    assert "aws eks update-cluster-config --name web --region eu-west-1 --access-config authenticationMode=API_AND_CONFIG_MAP" in text


def test_the_printed_entry_is_what_is_looked_for() -> None:
    """A cluster with the printed entry is enrolled."""
    text = by_hand(plan_enroll(found(Mode.CONFIG_MAP, mapped={ROLE: False}, rights=True)))
    entry = text[text.index("- rolearn") :].partition("\neksctl")[0]
    assert yaml.safe_load(entry) == [{"rolearn": WITHOUT_PATH, "username": "fargatecount", "groups": [GROUP]}]
    assert is_mapped({"mapRoles": entry}, ROLE)


def test_users_are_mapped_as_users() -> None:
    """IAM users have a list and a key of their own in aws-auth."""
    user = "arn:aws:iam::123456789012:user/acme/jane"
    text = by_hand(plan_enroll(found(Mode.CONFIG_MAP, principals=[user], mapped={user: False}, rights=True)))
    assert f"mapUsers:\n- userarn: {user}\n" in text


def test_rights_that_cannot_be_seen_are_given_by_somebody_else() -> None:
    """The commands name the cluster and the reason."""
    text = by_hand(plan_enroll(found(rights=None, why_not="403 forbidden")))
    assert "403 forbidden" in text
    assert "fargatecount eks manifest | kubectl --context web apply -f -" in text


UNENROL: list[tuple[str, Situation, list[Step]]] = [
    ("nothing there", found(), []),
    ("our entry", found(entry=OURS, rights=True), [DeleteEntry(ROLE), RemoveRights()]),
    ("entry with other groups", found(entry=BOTH_GROUPS, rights=True), [SetGroups(ROLE, THEIRS.groups), RemoveRights()]),
    ("our entry that others use by now", found(entry=Entry(BOTH_GROUPS.groups, is_ours=True)), [SetGroups(ROLE, THEIRS.groups)]),
    ("others need the rights", found(entry=OURS, rights=True, others=frozenset({"arn:watcher"})), [DeleteEntry(ROLE)]),
    ("not ours", found(entry=THEIRS), []),
    ("rights cannot be seen", found(entry=OURS, rights=None), [DeleteEntry(ROLE)]),
    ("old mode, not mapped", found(Mode.CONFIG_MAP, mapped={ROLE: False}), []),
]


@pytest.mark.parametrize(("situation", "steps"), [case[1:] for case in UNENROL], ids=[case[0] for case in UNENROL])
def test_unenrolling_takes_back_what_was_given(situation: Situation, steps: list[Step]) -> None:
    """Unenrolling keeps an entry with other groups, and permissions that others need."""
    assert plan_unenroll(situation) == steps


@pytest.mark.parametrize(
    ("mode", "mapped", "verb"), [(Mode.CONFIG_MAP, True, "maps"), (Mode.CONFIG_MAP, None, "may map"), (Mode.BOTH, True, "maps")]
)
def test_a_mapping_is_removed_by_hand(mode: Mode, mapped: bool | None, verb: str) -> None:
    """The plan names a mapping that is, or may be, in aws-auth."""
    assert f"aws-auth {verb} {WITHOUT_PATH} to the group" in by_hand(plan_unenroll(found(mode, mapped={ROLE: mapped})))


def test_unknown_parts_are_not_enrolled() -> None:
    """A missing part means not enrolled, whatever else is unknown; otherwise an unknown part means unknown."""
    assert found(entry=OURS, rights=True).is_enrolled is True
    assert found(entry=None, rights=None).is_enrolled is False
    assert found(entry=OURS, rights=None).is_enrolled is None
