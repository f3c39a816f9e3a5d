"""The settings that make the emulator fail as AWS can, and the random decisions when it does.

Pure: the settings that the control path accepts, and reproducible decisions from a seed. The patches under `local/patches` apply them.
"""

from __future__ import annotations

import random
import threading
from typing import Annotated, Any, Final

import msgspec

Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]

ON_DEMAND: Final = "L-3032A538"
SPOT: Final = "L-36FBB829"

# The quotas of a new account: https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
NEW_ACCOUNT_VCPUS: Final = 6.0


# https://docs.aws.amazon.com/general/latest/gr/ecs-service.html; only the code of the first is documented anywhere.
LAUNCH_QUOTAS: Final = {
    "Fargate On-Demand Burst Launch Rate": 100.0,
    "Fargate On-Demand Sustained Launch Rate": 20.0,
    "Fargate Spot Burst Launch Rate": 100.0,
    "Fargate Spot Sustained Launch Rate": 20.0,
}


def _new_account() -> dict[str, float | None]:
    return {ON_DEMAND: NEW_ACCOUNT_VCPUS, SPOT: NEW_ACCOUNT_VCPUS}


class Faults(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Every setting of the control path `/_fargatecount/faults`, with its default.

    Attributes:
        seed: Seed of the random decisions: the same seed and the same calls in the same order meet the same faults.
        drop_task_events: Fraction of the task state changes that never reach EventBridge.
        duplicate_task_events: Fraction of the task state changes that are delivered twice, as EventBridge may.
        deny_clusters: Names of ECS clusters whose tasks may not be listed or described.
        throttle: Fraction of the calls that are refused, per operation, such as `{"ecs:ListTasks": 0.2}`.
        transaction_conflicts: Fraction of the DynamoDB writes and transactions refused when they touch an item that another transaction
            is just writing. Above 0 every transaction takes a moment, so that others can conflict with it.
        unprocessed_keys: Fraction of the keys of a BatchGetItem that come back unprocessed.
        hold_tasks_at: ECS statuses (`lastStatus`) that a task does not leave by itself while they are named here.
        stopped_tasks_visible_seconds: How long ECS goes on describing a stopped task.
        quotas: vCPU quota of the account per code; null when Service Quotas has no applied value.
        launch_quotas: Launch quota of the account per name; one that is left out does not exist.
        default_quotas: vCPU quota that AWS gives to new accounts, per code.
    """

    seed: int = 1
    drop_task_events: Fraction = 0.0
    duplicate_task_events: Fraction = 0.0
    deny_clusters: tuple[str, ...] = ()
    throttle: dict[str, Fraction] = {}
    transaction_conflicts: Fraction = 0.0
    unprocessed_keys: Fraction = 0.0
    hold_tasks_at: tuple[str, ...] = ()
    # At least an hour: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
    stopped_tasks_visible_seconds: Annotated[float, msgspec.Meta(ge=0)] = 3600.0
    quotas: dict[str, float | None] = msgspec.field(default_factory=_new_account)
    launch_quotas: dict[str, float] = msgspec.field(default_factory=lambda: dict(LAUNCH_QUOTAS))
    default_quotas: dict[str, float] = msgspec.field(default_factory=lambda: {ON_DEMAND: NEW_ACCOUNT_VCPUS, SPOT: NEW_ACCOUNT_VCPUS})


def changed(faults: Faults, change: dict[str, Any]) -> Faults:
    """Return the settings with those named in the change replaced.

    Raises:
        ValueError: A name or a value of the change is not one of `Faults`; the text says which.
    """
    return msgspec.convert({**msgspec.to_builtins(faults), **change}, Faults)


class Dice:
    """Reproducible random decisions: one sequence per kind of fault, independent of the others."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._sequences: dict[str, random.Random] = {}
        self._lock = threading.Lock()

    def hits(self, kind: str, fraction: float) -> bool:
        """Return whether the next decision of this kind is a fault, with the probability `fraction`."""
        if fraction <= 0:
            return False
        with self._lock:
            sequence = self._sequences.setdefault(kind, random.Random(f"{self._seed}/{kind}"))
            return sequence.random() < fraction


class FaultBoard:
    """The current settings of one emulator; read by all of its threads, changed by the control path."""

    def __init__(self) -> None:
        self.settings = Faults()
        self._dice = Dice(self.settings.seed)
        self._dropped: list[dict[str, Any]] = []

    def set(self, settings: Faults) -> None:
        """Put the settings in force; the random numbers start again from the seed, so that a run can be repeated."""
        self._dice = Dice(settings.seed)
        self._dropped = []
        self.settings = settings

    def hits(self, kind: str, fraction: float) -> bool:
        """Decide by the current settings."""
        return self._dice.hits(kind, fraction)

    def note_dropped(self, event: dict[str, Any]) -> None:
        """Store an event that was dropped, so that a test knows what a reconcile has to find."""
        self._dropped.append(event)

    @property
    def dropped(self) -> list[dict[str, Any]]:
        """The events dropped since the settings were last changed."""
        return list(self._dropped)
