"""The message of a breach in the organization: for people, for a chat, and as the promised document for programs.

Pure. All of it is one limit event (`breaches.event`) with the account's name; the same breach has the same name however often it is sent.
"""

from __future__ import annotations

import msgspec

from fargatecount.breaches.breach import Change, ChangeKind, LimitGauge
from fargatecount.breaches.event import ChatNotification, GrewEntry, LimitDetail, limit_event
from fargatecount.organization.scopes import ScopeRecord
from fargatecount.workload import Millis, Scope

MAX_SUBJECT = 100
"""Characters of an e-mail's subject: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html."""
MAX_NAME = 50
"""Characters of an account's name, which Organizations limits to as many."""


class BreachMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message."""

    kind: ChangeKind
    account_name: str | None
    detail: LimitDetail

    @property
    def subject(self) -> str:
        """The title as the subject of an e-mail, which SNS takes in ASCII only."""
        title = self.detail.chat.title.encode("ascii", "replace").decode()
        return title if len(title) <= MAX_SUBJECT else title[: MAX_SUBJECT - 3] + "..."

    @property
    def text(self) -> str:
        """The message as plain text, for an e-mail."""
        chat = self.detail.chat
        steps = [f"{number}. {step}" for number, step in enumerate(chat.next_steps, start=1)]
        return "\n".join([chat.title, "", chat.description, *(["", "What to do:", *steps] if steps else [])])


def breach_message(change: Change, record: ScopeRecord, *, since: Millis, account_name: str | None) -> BreachMessage:
    """Return the message of a change in a scope; `since` is when the breach began, at whatever level."""
    scope, gauge = record.scope, change.gauge
    begun = msgspec.structs.replace(change, since=since)
    detail = limit_event(begun, scope, None).detail
    grew = record.report.grew.get(gauge.key)
    ceiling = gauge.key.removesuffix(f"/{gauge.level}")
    detail = msgspec.structs.replace(
        detail,
        breach=f"{scope.account}/{scope.region}/{ceiling}/{since}",
        grew=None if change.kind is ChangeKind.CLEARED else grew,
        what_to_do=_steps(change, scope, detail.what_to_do),
    )
    chat = _chat(detail, scope, account_name, grew if change.kind is ChangeKind.CROSSED else None)
    return BreachMessage(kind=change.kind, account_name=account_name, detail=msgspec.structs.replace(detail, chat=chat))


def _steps(change: Change, scope: Scope, steps: list[str]) -> list[str]:
    """Return the steps for someone who looks from the hub, not from the account."""
    if not steps:
        return []
    look = f"See what uses it: fargatecount status --organization --account {scope.account} --region {scope.region}"
    if isinstance(change.gauge, LimitGauge):
        return [look, f"Stop what is not needed, or raise the setting `limits` of the deployment in account {scope.account}"]
    return [look, *steps[1:]]


def _chat(detail: LimitDetail, scope: Scope, account_name: str | None, grew: list[GrewEntry] | None) -> ChatNotification:
    chat, who = detail.chat, _who(scope, account_name)
    lines = [line for line in chat.description.split("\n") if not line.startswith("Which services have started most lately")]
    lines[0] = lines[0].replace(f" Account {scope.account}.", f" {who}.")
    if grew:
        lines += ["", f"Started in the last {detail.grew_minutes} minutes and still held:", *map(_line, grew)]
    steps = list(detail.what_to_do)
    if detail.link and steps:
        steps[-1] = f"{steps[-1]}: {detail.link}"
    title = f"{chat.title}, {_plain(account_name, MAX_NAME)}" if account_name else f"{chat.title}, account {scope.account}"
    return ChatNotification(title=title, description="\n".join(lines), next_steps=steps, keywords=chat.keywords)


def _who(scope: Scope, account_name: str | None) -> str:
    return f"Account {scope.account}" + (f" ({_plain(account_name, MAX_NAME)})" if account_name else "")


def _line(entry: GrewEntry) -> str:
    service = f"`{_plain(entry.service)}`" if entry.service else "no service"
    counts = f"{entry.started_vcpu:,g} of {entry.held_vcpu:,g} vCPU, {entry.started} of {entry.held} workloads"
    return f"- `{_plain(entry.cluster)}` {service}: {counts}"


def _plain(name: str, most: int = 100) -> str:
    """Return a name that contains no mention, no link and no end of a quotation."""
    shown = name if len(name) <= most else name[: most - 1] + "…"
    return "".join(c if c.isalnum() or c in "._:/- …" else "?" for c in shown)
