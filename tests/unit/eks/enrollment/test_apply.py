"""Enrolling one cluster, step by step, with the caller's permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from fargatecount.eks.enrollment.apply import EnrollmentTarget, StepOutcome, apply_steps, read_situation, with_list_check
from fargatecount.eks.enrollment.plan import ApplyRights, CreateEntry, Entry, Mode, plan_enroll, plan_unenroll
from fargatecount.eks.enrollment.rbac import BINDING, CLUSTER_ROLE, GROUP, MANIFEST
from fargatecount.errors import DeniedError, UnavailableError

ROLE = "arn:aws:iam::123456789012:role/reconcile"
WATCHER = "arn:aws:iam::123456789012:role/watcher"


class Cluster:
    """Access entries and objects of one cluster, with a memory, and the caller's permissions."""

    def __init__(self, mode: Mode = Mode.API) -> None:
        self.place = EnrollmentTarget("web", "eu-west-1", mode)
        self.entries: dict[str, Entry] = {}
        self.objects: dict[str, Mapping[str, Any]] = {}
        self.map: Mapping[str, str] = {}
        self.may_change_entries = True
        self.inside: Exception | None = None
        """The error that the cluster returns to the caller instead of an answer."""

    # The access entries.

    def entry(self, _cluster: str, principal: str) -> Entry | None:
        return self.entries.get(principal)

    def create(self, _cluster: str, principal: str) -> None:
        self._check_entries()
        assert principal not in self.entries
        self.entries[principal] = Entry(frozenset({GROUP}), is_ours=True)

    def set_groups(self, _cluster: str, principal: str, groups: Iterable[str]) -> None:
        self._check_entries()
        self.entries[principal] = Entry(frozenset(groups), self.entries[principal].is_ours)

    def members(self, _cluster: str) -> frozenset[str]:
        return frozenset(principal for principal, entry in self.entries.items() if entry.lets_in)

    def delete(self, *arguments: Any) -> None:
        if len(arguments) == 1:  # an object, and not an entry
            self._enter()
            self.objects.pop(arguments[0]["kind"], None)
        else:
            self._check_entries()
            self.entries.pop(arguments[1], None)

    # The objects.

    def read(self, wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
        self._enter()
        return self.objects.get(wanted["kind"])

    def apply(self, wanted: Mapping[str, Any]) -> None:
        self._enter()
        self.objects[wanted["kind"]] = wanted

    def aws_auth(self) -> Mapping[str, str]:
        self._enter()
        return self.map

    def check_listing(self) -> None:
        self._enter()

    def _enter(self) -> None:
        if self.inside is not None:
            raise self.inside

    def _check_entries(self) -> None:
        if not self.may_change_entries:
            raise DeniedError("CreateAccessEntry web: refused", remedy="ask an administrator")


def enroll(cluster: Cluster, *principals: str, dry_run: bool = False) -> StepOutcome:
    found = read_situation(cluster.place, principals or (ROLE,), cluster, cluster)
    return apply_steps(plan_enroll(found), cluster.place, cluster, cluster, dry_run=dry_run)


def unenrol(cluster: Cluster, *principals: str) -> StepOutcome:
    found = read_situation(cluster.place, principals or (ROLE,), cluster, cluster, with_others=True)
    return apply_steps(plan_unenroll(found), cluster.place, cluster, cluster)


def test_an_administrator_enrols_in_one_go() -> None:
    """After enrolling, entry and permissions exist and nothing is left to do."""
    cluster = Cluster()
    outcome = enroll(cluster)
    assert (len(outcome.done), outcome.by_hand) == (2, [])
    assert cluster.entries[ROLE].lets_in
    assert cluster.objects == {wanted["kind"]: wanted for wanted in MANIFEST}


def test_enrolling_again_does_nothing() -> None:
    """Enrolling again changes nothing."""
    cluster = Cluster()
    enroll(cluster)
    assert enroll(cluster).done == []


def test_a_dry_run_changes_nothing_and_says_the_same() -> None:
    """A dry run plans the steps that are applied later."""
    cluster = Cluster()
    planned = enroll(cluster, dry_run=True)
    assert (cluster.entries, cluster.objects) == ({}, {})
    assert enroll(cluster).done == planned.done


@pytest.mark.parametrize("inside", [DeniedError("403"), UnavailableError("no answer from a private endpoint")])
def test_somebody_without_rights_in_the_cluster_does_his_part(inside: Exception) -> None:
    """The access entry is created, and the commands for the rest name the reason."""
    cluster = Cluster()
    cluster.inside = inside
    outcome = enroll(cluster)
    assert outcome.done == [CreateEntry(ROLE)]
    (step,) = outcome.by_hand
    assert str(inside) in step.why


def test_rights_that_may_be_seen_and_not_changed_become_commands() -> None:
    """A refusal in the middle does not stop the other steps."""
    cluster = Cluster()
    found = read_situation(cluster.place, (ROLE,), cluster, cluster)
    cluster.inside = DeniedError("cannot patch")
    outcome = apply_steps(plan_enroll(found), cluster.place, cluster, cluster)
    assert (outcome.done, len(outcome.by_hand)) == ([CreateEntry(ROLE)], 1)


def test_entries_that_aws_refuses_are_an_error() -> None:
    """A refused access entry is an error that names the missing permission."""
    cluster = Cluster()
    cluster.may_change_entries = False
    with pytest.raises(DeniedError, match="CreateAccessEntry"):
        enroll(cluster)
    assert cluster.entries == {}


def test_an_interrupted_enrolment_goes_on_where_it_was() -> None:
    """A repeated run does not create the first entry again."""
    cluster = Cluster()
    cluster.create("web", ROLE)
    assert enroll(cluster).done == [ApplyRights()]


def test_the_old_mode_changes_no_entry() -> None:
    """The permissions are applied, and aws-auth is left to an administrator."""
    cluster = Cluster(Mode.CONFIG_MAP)
    outcome = enroll(cluster)
    assert (outcome.done, len(outcome.by_hand), cluster.entries) == ([ApplyRights()], 1, {})
    cluster.map = {"mapRoles": f"- rolearn: {ROLE}\n  groups:\n  - {GROUP}\n"}
    assert enroll(cluster) == StepOutcome(target=cluster.place, done=[], by_hand=[])


def test_unenrolling_ends_as_it_began() -> None:
    """After unenrolling, no entry and no binding are left."""
    cluster = Cluster()
    enroll(cluster)
    unenrol(cluster)
    assert (cluster.entries, cluster.objects) == ({}, {"ClusterRole": CLUSTER_ROLE})
    assert unenrol(cluster).done == []


def test_the_rights_stay_as_long_as_somebody_needs_them() -> None:
    """The binding is removed with the last member."""
    cluster = Cluster()
    enroll(cluster, ROLE, WATCHER)
    unenrol(cluster, ROLE)
    assert cluster.objects["ClusterRoleBinding"] == BINDING
    unenrol(cluster, WATCHER)
    assert "ClusterRoleBinding" not in cluster.objects


def test_whether_the_caller_can_list_is_said_and_not_asserted() -> None:
    """A caller who cannot list pods can still enroll another principal."""
    cluster = Cluster()
    outcome = enroll(cluster)
    assert with_list_check(outcome, cluster).why_no_list is None
    cluster.inside = DeniedError("403 forbidden")
    assert with_list_check(outcome, cluster).why_no_list == "403 forbidden"
