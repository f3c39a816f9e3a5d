"""Requests for a higher quota, as Service Quotas keeps them, and the port to it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from fargatecount.workload import Capacity, Millis


class RequestState(StrEnum):
    """https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestedServiceQuotaChange.html."""

    PENDING = "PENDING"
    CASE_OPENED = "CASE_OPENED"
    """People at AWS look at it."""
    APPROVED = "APPROVED"
    DENIED = "DENIED"
    CASE_CLOSED = "CASE_CLOSED"
    """The support case has ended; the value of the quota shows how."""
    NOT_APPROVED = "NOT_APPROVED"
    INVALID_REQUEST = "INVALID_REQUEST"
    OTHER = "OTHER"
    """A state of a newer API."""

    @property
    def is_open(self) -> bool:
        """Whether the answer is still to come."""
        return self in {RequestState.PENDING, RequestState.CASE_OPENED, RequestState.OTHER}


class IncreaseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    id: str
    capacity: Capacity
    desired: float
    """vCPU."""
    state: RequestState
    case: str | None
    """The support case, where AWS opened one."""
    created_at: Millis | None
    updated_at: Millis | None


class IncreaseDesk(Protocol):
    """Where increases are requested.

    Methods raise DeniedError, UnavailableError, or MisconfiguredError where AWS does not take the request as it is.
    """

    def file(self, capacity: Capacity, desired: float) -> IncreaseRequest:
        """File a request for the vCPU quota of a capacity."""
        ...

    def requests(self, capacity: Capacity) -> Sequence[IncreaseRequest]:
        """Return all requests for the vCPU quota of a capacity, the newest first."""
        ...
