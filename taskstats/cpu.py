"""CPU shares between two moments: of all cores together (`norm`, 1 is every core busy) and in cores (1 is one core busy)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taskstats.reading import Cpu, Reading

NANOSECONDS = 1000
"""Of a microsecond."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the CPU time; None is unknown."""

    cores: float | None
    norm: float | None


@dataclass(frozen=True, slots=True)
class CpuShares:
    """The shares of a container between two moments; `by_core` is None where the platform does not count by core (cgroup v2)."""

    total: Share
    kernel: Share
    user: Share
    system: Share
    by_core: Mapping[int, Share] | None


@dataclass(frozen=True, slots=True)
class _Window:
    """What the counters moved against: machine time of all cores, if known, and elapsed time, both in ticks."""

    system: int | None
    elapsed: float | None
    online: int | None

    def share(self, ticks: int | None) -> Share:
        """Return the share of a counter that moved by `ticks`.

        The machine's time is the elapsed time of all cores. So without it (Fargate 1.4.0 may leave it out) elapsed time stands in.
        """
        if ticks is None or ticks < 0:  # a counter that went back belongs to another run of the container
            return Share(None, None)
        if self.system is not None and self.system > 0:
            norm = ticks / self.system
            return Share(_over(ticks, self.elapsed) if self.online is None else norm * self.online, norm)
        cores = _over(ticks, self.elapsed)
        return Share(cores, None if cores is None or self.online is None else cores / self.online)


def cpu_shares(now: Reading, earlier: Reading | None, *, online: int | None = None) -> CpuShares:
    """Return the shares since the reading's own earlier counters, which are there from the second reading of the agent on.

    Without them, since `earlier`, our own reading before. `online` is the number of cores where the document lacks it.
    """
    if now.before is not None:
        before, before_at = now.before, now.before_at
    elif earlier is not None:
        before, before_at = earlier.cpu, earlier.at
    else:
        before, before_at = _NOTHING, None
    cores = now.processors if now.tick > 1 else now.cpu.online
    elapsed = None if before_at is None else (now.at - before_at) * NANOSECONDS / now.tick
    window = _Window(_moved(now.cpu.system, before.system), elapsed, cores or online)
    return CpuShares(
        total=window.share(_moved(now.cpu.total, before.total)),
        kernel=window.share(_moved(now.cpu.kernel, before.kernel)),
        user=window.share(_moved(now.cpu.user, before.user)),
        system=window.share(window.system) if window.system else Share(None, None),
        by_core=_by_core(window, now.cpu, before),
    )


_NOTHING = Cpu(None, None, None, None, None, None)


def _by_core(window: _Window, now: Cpu, before: Cpu) -> Mapping[int, Share] | None:
    """Return the share of each core. cgroup v1 pads the list with zeros up to the kernel's largest machine."""
    if now.cores is None:
        return None
    cores = now.cores[: window.online or len(now.cores)]
    earlier = before.cores or ()
    return {index: window.share(_moved(ticks, earlier[index] if index < len(earlier) else None)) for index, ticks in enumerate(cores)}


def _moved(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before


def _over(ticks: int, elapsed: float | None) -> float | None:
    return ticks / elapsed if elapsed is not None and elapsed > 0 else None
