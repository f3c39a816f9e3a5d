"""The envelope of a usage event: EventBridge sets account and Region, and a report about any other scope is refused.

Pure. The sender writes the detail, so nothing in it proves where it comes from. EventBridge writes `account` and `region`
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html): an event that a rule forwards keeps those of the event
that matched it. So one account of the organization cannot speak for another.
"""

from __future__ import annotations

import msgspec

from fargatecount.breaches.event import SOURCE
from fargatecount.organization.report import DETAIL_TYPE, MAX_BYTES, VERSION, ScopeReport, decode
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis, Scope

AHEAD: Millis = 5 * 60_000
"""How far a report may be ahead of the hub's clock. Functions have exact clocks; a report from next year would block all true ones."""
SHOWN = 80
"""Characters of a foreign text in a reason."""


class Received(msgspec.Struct, frozen=True):
    """A report of the scope that sent it."""

    report: ScopeReport
    text: bytes
    """The report as it was sent, with keys of later versions."""


class Rejected(msgspec.Struct, frozen=True):
    """An event that changes nothing."""

    reason: str


class _Envelope(msgspec.Struct, frozen=True):
    account: str
    region: str
    source: str
    detail_type: str = msgspec.field(name="detail-type")
    detail: msgspec.Raw = msgspec.field()


_ENVELOPES = msgspec.json.Decoder(_Envelope)


def read_event(body: str, now: Millis) -> Received | Rejected:
    """Return the report in an event, or why the event is refused."""
    try:
        envelope = _ENVELOPES.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return Rejected(f"it is no event of EventBridge: {_shown(str(error))}")
    if envelope.source != SOURCE:
        return Rejected(f"its source is {_shown(envelope.source)!r}, and only events of {SOURCE!r} are taken")
    if envelope.detail_type != DETAIL_TYPE:
        return Rejected(f"its detail-type is {_shown(envelope.detail_type)!r}, and only {DETAIL_TYPE!r} is taken")
    text = bytes(envelope.detail)
    if len(text) > MAX_BYTES * 2:
        return Rejected(f"its detail has {len(text)} bytes, and a usage event has at most {MAX_BYTES}")
    try:
        report = decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return Rejected(f"its detail is no usage report: {_shown(str(error))}")
    return _judged(report, text, Scope(envelope.account, envelope.region), now)


def _judged(report: ScopeReport, text: bytes, sender: Scope, now: Millis) -> Received | Rejected:
    if report.scope != sender:
        about = f"{_shown(report.account)} {_shown(report.region)}"
        return Rejected(f"account {sender.account} in {sender.region} sent a report about {about}, and a scope reports only itself")
    if report.version > VERSION:
        return Rejected(f"its report has version {report.version}, and this hub reads {VERSION}: upgrade the hub")
    if report.as_of > now + AHEAD:
        return Rejected(f"its report is dated {_moment(report.as_of)}, which is in the future")
    return Received(report, text)


def _moment(at: Millis) -> str:
    try:
        return str(to_iso(at))
    except (ValueError, OverflowError, OSError):
        return f"{at} ms"


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
