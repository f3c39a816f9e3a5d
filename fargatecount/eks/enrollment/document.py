"""Enrollment in JSON: the documents `fargatecount/eks` and `fargatecount/enrolment`, both version 1.

Pure. Keys may be added; none is renamed: the British spelling of the second name is promised.
"""

from __future__ import annotations

import msgspec

from fargatecount.eks.enrollment.apply import StepOutcome
from fargatecount.eks.enrollment.plan import ByHand, Mode
from fargatecount.errors import FargatecountError

LIST_SCHEMA = "fargatecount/eks"
ENROLLMENT_SCHEMA = "fargatecount/enrolment"
VERSION = 1


class ListedProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One Fargate profile: its selectors, and what of the ledger's pods is on it."""

    name: str
    status: str
    selectors: list[str]
    """Each is a namespace, and labels as `key=value`."""
    pods: int | None = None
    """Null where the ledger could not be read."""
    vcpu: float | None = None


class ListedEksCluster(msgspec.Struct, frozen=True, kw_only=True):
    """One EKS cluster of `eks list`; null where EKS or the ledger did not answer."""

    cluster: str
    """Key, such as `EKS-web`."""
    arn: str | None = None
    status: str | None = None
    """EKS's status of the cluster; `DELETED` if it vanished between two calls."""
    private: bool | None = None
    """Whether the Kubernetes endpoint is private only."""
    authentication_mode: str | None = None
    profiles: list[str] = []
    """Names of the Fargate profiles."""
    profile_details: list[ListedProfile] = []
    enrolled: bool | None = None
    """Whether the role of function reconcile may list the pods; null where that is unknown, or there is no profile."""
    readable: bool | None = None
    """Null where the ledger does not know the cluster."""
    reason: str | None = None
    remedy: str | None = None
    watcher_at: str | None = None
    """The watcher's last heartbeat, ISO 8601 in UTC; null without a watcher."""


class EksDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `eks list --json`."""

    schema: str = LIST_SCHEMA
    version: int = VERSION
    role: str | None
    """ARN of the role of function reconcile; null where the stack could not be read."""
    clusters: list[ListedEksCluster]


class ByHandDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A step that the caller has to take."""

    why: str
    commands: list[str]


class ClusterEnrollment(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster of `eks enroll` or `eks unenroll`."""

    cluster: str
    """Key, such as `EKS-web`."""
    authentication_mode: Mode | None = None
    complete: bool = False
    """Whether nothing is left to do by hand."""
    done: list[str] = []
    """Steps that were taken, or would be in a dry run."""
    by_hand: list[ByHandDocument] = []
    you_cannot_list: str | None = None
    """Why the caller cannot list the pods; null if that works, or was not tried."""
    error: str | None = None
    remedy: str | None = None

    @classmethod
    def of(cls, outcome: StepOutcome) -> ClusterEnrollment:
        """Return the result of the steps of a cluster."""
        return cls(
            cluster=f"EKS-{outcome.target.name}",
            authentication_mode=outcome.target.mode,
            complete=not outcome.by_hand,
            done=[step.text for step in outcome.done if not isinstance(step, ByHand)],
            by_hand=[ByHandDocument(why=step.why, commands=list(step.commands)) for step in outcome.by_hand],
            you_cannot_list=outcome.why_no_list,
        )

    @classmethod
    def failed(cls, name: str, error: FargatecountError) -> ClusterEnrollment:
        """Return a cluster whose steps could not be planned or taken."""
        return cls(cluster=f"EKS-{name}", error=str(error), remedy=error.remedy or None)


class EnrollmentDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `eks enroll --json` and `eks unenroll --json`."""

    schema: str = ENROLLMENT_SCHEMA
    version: int = VERSION
    dry_run: bool
    removing: bool
    """Whether access is taken away: `eks unenroll`."""
    clusters: list[ClusterEnrollment]
