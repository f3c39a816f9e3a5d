"""The scopes and accounts of the hub in memory, for tests and simulations."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.organization.accounts import AccountList
from fargatecount.organization.report import decode
from fargatecount.organization.scopes import Offered, ScopeRecord
from fargatecount.workload import Millis, Scope


class MemoryScopes:
    """The newest report of each scope in a dictionary, as text: it is decoded when it is read, as from the table."""

    def __init__(self) -> None:
        self._kept: dict[Scope, tuple[Millis, bytes, bool, Millis | None]] = {}
        self._accounts: AccountList | None = None

    def offer(self, scope: Scope, as_of: Millis, text: bytes) -> Offered:
        """Keep a report if it is newer than the one of its scope."""
        kept = self._kept.get(scope)
        if kept is not None and kept[0] >= as_of:
            return Offered.STALE
        in_breach, retired_at = (kept[2], kept[3]) if kept is not None else (False, None)
        self._kept[scope] = (as_of, text, in_breach, retired_at)
        return Offered.TAKEN_IN_BREACH if in_breach else Offered.TAKEN

    def mark(self, scope: Scope, *, in_breach: bool) -> None:
        """Note whether a breach of a known scope may be open."""
        if scope in self._kept:
            as_of, text, _, retired_at = self._kept[scope]
            self._kept[scope] = (as_of, text, in_breach, retired_at)

    def retire(self, scope: Scope, at: Millis) -> bool:
        """Let a scope count no longer until it reports again; return False if it is not known."""
        if scope not in self._kept:
            return False
        as_of, text, in_breach, _ = self._kept[scope]
        self._kept[scope] = (as_of, text, in_breach, at)
        return True

    def find(self, scope: Scope) -> ScopeRecord | None:
        """Return one scope; None if it is not known."""
        kept = self._kept.get(scope)
        if kept is None:
            return None
        as_of, text, in_breach, retired_at = kept
        return ScopeRecord(scope=scope, as_of=as_of, report=decode(text), in_breach=in_breach, retired_at=retired_at)

    def scopes(self, account: str | None = None) -> Iterable[ScopeRecord]:
        """Yield the scopes of the organization or of one account."""
        for scope in list(self._kept):
            record = self.find(scope)
            if record is not None and account in {None, scope.account}:
                yield record

    def account_list(self) -> AccountList | None:
        """Return the last list of accounts."""
        return self._accounts

    def keep_accounts(self, accounts: AccountList) -> None:
        """Replace it."""
        self._accounts = msgspec.json.decode(msgspec.json.encode(accounts), type=AccountList)
