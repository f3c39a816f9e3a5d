"""AWS's reason texts and their meanings."""

from __future__ import annotations

import time

import pytest

from fargatecount.refusals.refusal import is_shortage
from fargatecount.refusals.texts import REASON_TEXTS, RefusalCause, meaning_of
from fargatecount.workload import Capacity

LIMIT = "You've reached the limit on the number of"
REGISTRY = (
    "CannotPullContainerError: pull image manifest has been retried 5 time(s): unexpected status 429 Too Many Requests: Quota exceeded"
)
INTERFACE = "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0lab'"


@pytest.mark.parametrize(
    ("text", "cause", "capacity"),
    [
        ("RESOURCE:FARGATE", RefusalCause.CAPACITY, None),
        ("(service web) was unable to place a task. Reason: RESOURCE:FARGATE.", RefusalCause.CAPACITY, None),
        ("Capacity is unavailable at this time. Please try again later or in a different availability zone", RefusalCause.CAPACITY, None),
        (f"{LIMIT} vCPUs you can run concurrently", RefusalCause.QUOTA, None),
        (f"{LIMIT} tasks you can run concurrently", RefusalCause.QUOTA, None),
        (f"{LIMIT} Fargate pods you can run concurrently", RefusalCause.QUOTA, None),
        (f"{LIMIT} spot tasks you can run concurrently", RefusalCause.QUOTA, Capacity.SPOT),
        (f"{LIMIT} Fargate Spot vCPUs you can run concurrently", RefusalCause.QUOTA, Capacity.SPOT),
        ("The requested CPU configuration is above your limit.", RefusalCause.QUOTA, None),
        ("The requested MEMORY configuration is above your limit", RefusalCause.QUOTA, None),
        ("Your account exceeded its Fargate On-Demand vCPU quota", RefusalCause.QUOTA, None),
        (f"{REGISTRY} for requests per project per region", RefusalCause.IMAGE, None),
        (
            "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit",
            RefusalCause.IMAGE,
            None,
        ),
        ("CannotPullECRContainerError: AccessDeniedException", RefusalCause.IMAGE, None),
        (
            "ResourceInitializationError: unable to pull secrets or registry auth",
            RefusalCause.SECRETS,
            None,
        ),
        ("ResourceInitializationError: failed to initialize logging driver: log group does not exist", RefusalCause.LOGGING, None),
        ("ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes", RefusalCause.STORAGE, None),
        ("ResourceInitializationError: failed to configure ENI", RefusalCause.RESOURCES, None),
        ("CannotCreateVolumeError: create file system: no such device", RefusalCause.STORAGE, None),
        ("Timeout waiting for EphemeralStorage provisioning to complete.", RefusalCause.STORAGE, None),
        (f"{INTERFACE}: InsufficientFreeAddressesInSubnet", RefusalCause.ADDRESSES, None),
        (f"{INTERFACE}: InvalidSubnetID.NotFound", RefusalCause.NETWORK, None),
        ("Timeout waiting for network interface provisioning to complete.", RefusalCause.NETWORK, None),
        ("ECS was unable to assume the role 'arn:aws:iam::111122223333:role/x' that was provided for this task.", RefusalCause.ROLE, None),
        ("The platform version must be null when specifying an EC2 launch type.", RefusalCause.PLATFORM, None),
        ("Internal error.", RefusalCause.PLATFORM, None),
        ("CannotStartContainerError: failed to get container status", RefusalCause.CONTAINER, None),
        ("ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m", RefusalCause.CONTAINER, None),
        ("OutOfMemoryError: Container killed due to memory usage", RefusalCause.CONTAINER, None),
        ("RESOURCE:MEMORY", RefusalCause.INSTANCES, None),
        ("no container instance met all of its requirements", RefusalCause.INSTANCES, None),
        ("AGENT", RefusalCause.INSTANCES, None),
        ("operations are being throttled. Will try again later.", RefusalCause.THROTTLED, None),
    ],
)
def test_known_texts(text: str, cause: RefusalCause, capacity: Capacity | None) -> None:
    """Every text has one cause, and names a capacity only where it says so itself."""
    meaning = meaning_of(text)
    assert meaning is not None
    assert (meaning.cause, meaning.capacity) == (cause, capacity)
    assert is_shortage(text) is (cause in {RefusalCause.CAPACITY, RefusalCause.QUOTA})


@pytest.mark.parametrize("text", ["", "Quota exceeded", "Service quota exceeded", "Pod not supported on Fargate", "a new text"])
def test_an_unknown_text_stays_unknown(text: str) -> None:
    """A text that no row matches is never a shortage."""
    assert meaning_of(text) is None
    assert not is_shortage(text)


def test_every_row_has_its_source() -> None:
    """A row without a page that documents it cannot be checked."""
    assert [row.pattern.pattern for row in REASON_TEXTS if not row.source.startswith("https://")] == []


@pytest.mark.parametrize("text", ["ResourceInitializationError ", "vCPU ", "spot vCPU", " "], ids=["error", "vcpu", "spot", "blank"])
def test_a_hostile_text_takes_linear_time(text: str) -> None:
    """A megabyte of near matches takes a small part of the handler's reserve of five seconds."""
    started = time.process_time()
    meaning_of(text * (2**20 // len(text)))
    assert time.process_time() - started < 1
