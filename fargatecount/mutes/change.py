"""Change: begin and end mutes, in the table and in CloudWatch, in the order in which a failure leaves alarms ringing.

A mute is stored before CloudWatch mutes an alarm, so that it is shown everywhere; and CloudWatch is unmuted before the mute ends in the
table, so that no alarm is muted that no one sees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.mutes.alarm_rules import AlarmRules
from fargatecount.mutes.mute import NOT_MUTED, Mute, Mutes, MuteStore, add, end
from fargatecount.workload import Millis, Scope

ATTEMPTS = 5
"""Writes against other writers: the publisher writes only when it holds something more."""


@dataclass(frozen=True, kw_only=True)
class MutePorts:
    """The table and CloudWatch."""

    store: MuteStore
    rules: AlarmRules
    scope: Scope
    stack: str


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A mute that was added."""

    mute: Mute
    status: str | None = None
    """Status of CloudWatch's rule; None without one."""
    error: FargatecountError | None = None
    """Why CloudWatch's alarms ring all the same; None if they do not, or were not to be muted."""


def alarms_of(mute: Mute, alarms: Sequence[str]) -> list[str]:
    """Return which of a stack's alarms CloudWatch can mute for it; it knows neither clusters nor owners."""
    if mute.cluster is not None or mute.owner is not None:
        return []
    return [name for name in alarms if (name == mute.alarm if mute.alarm else name not in NOT_MUTED)]


def planned_of(mute: Mute, alarms: Sequence[str] | None) -> Mute:
    """Return a mute as it will be, to ask for consent."""
    names = alarms_of(mute, alarms or ())
    return msgspec.structs.replace(mute, rule="planned" if names else None, alarms_ring=alarms is None or (bool(alarms) and not names))


def begin(ports: MutePorts, mute: Mute, alarms: Sequence[str] | None, now: Millis) -> Begun:
    """Begin a mute; `alarms` are the names of the stack's alarms, without that of the stack, or None if they could not be read.

    Raises:
        MisconfiguredError: there are too many mutes.
        UnavailableError, DeniedError, MalformedError: the table could not be read or written; nothing is muted.
    """
    mute = msgspec.structs.replace(mute, alarms_ring=alarms is None or bool(alarms))  # until CloudWatch has the rule
    _write(ports, lambda before: add(before, mute, now))
    names = alarms_of(mute, alarms or ())
    if not names:
        return Begun(mute=mute)
    rule = _rule_of(ports, mute)
    try:
        status = ports.rules.mute(rule, [f"{ports.stack}-{name}" for name in names], mute)
    except FargatecountError as error:
        with suppress(FargatecountError):
            ports.rules.unmute(rule)  # it may have been made all the same, and the mute does not show it
        return Begun(mute=mute, error=error)
    _write(ports, lambda before: _with_rule(before, mute, rule))
    return Begun(mute=msgspec.structs.replace(mute, rule=rule, alarms_ring=False), status=status)


def finish(ports: MutePorts, mutes: Sequence[Mute], now: Millis) -> None:
    """End mutes now.

    Raises:
        UnavailableError, DeniedError, MalformedError: CloudWatch or the table could not be read or written; what was not ended goes on
            until its time.
    """
    for mute in mutes:
        if mute.rule is not None:
            ports.rules.unmute(mute.rule)
        elif mute.alarms_ring:
            with suppress(FargatecountError):
                ports.rules.unmute(_rule_of(ports, mute))  # made by a command that died before it could note it
    _write(ports, lambda before: end(before, {mute.id for mute in mutes}, now))


def _rule_of(ports: MutePorts, mute: Mute) -> str:
    return f"{ports.stack}-mute-{mute.id}"


def _with_rule(before: Mutes, mute: Mute, rule: str) -> Mutes:
    changed = (msgspec.structs.replace(each, rule=rule, alarms_ring=False) if each.id == mute.id else each for each in before.mutes)
    return before.followed_by(changed, mute.since)


def _write(ports: MutePorts, change: Callable[[Mutes], Mutes]) -> None:
    for _ in range(ATTEMPTS):
        if ports.store.keep(ports.scope, change(ports.store.mutes(ports.scope))):
            return
    raise UnavailableError("other writers were faster each time", remedy="run the command again")
