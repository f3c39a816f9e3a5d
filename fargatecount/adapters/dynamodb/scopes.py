"""The scopes of an organization in the hub's table: one item per scope, which the newest report replaces.

| item | pk | sk |
|---|---|---|
| scope | `HUB#<shard>` | `REPORT#<account>#<region>` |
| accounts | `HUB` | `ACCOUNTS` |

The scopes are spread over `SHARDS` partitions, because one takes 1,000 write units a second
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html), and 20,000 scopes in a storm need several
times that. All Regions of an account share a shard, so that a look at one account is one query. A report is compressed, which saves two
thirds of the write units. "Newer" is a condition of the write itself, so that no order of deliveries can put an older report over a newer
one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from pynamodb.attributes import BinaryAttribute, BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import is_condition_failed, translate_errors
from fargatecount.adapters.dynamodb.items import FORMAT, Item
from fargatecount.errors import MalformedError
from fargatecount.organization.accounts import AccountList
from fargatecount.organization.report import decode
from fargatecount.organization.scopes import Offered, ScopeRecord
from fargatecount.workload import Millis, Scope

SHARDS = 16
"""Part of the keys: another number needs another table. 6,000 write units a second leave each partition at less than half of its limit."""
PREFIX = "REPORT#"
ACCOUNTS_KEY = ("HUB", "ACCOUNTS")
LEVEL = 6
"""Of zlib, its own default: a report of 5 KB takes a tenth of a millisecond, and a write unit is a kilobyte."""


class ReportItem(Item):
    """The newest report of a scope."""

    account = UnicodeAttribute()
    region = UnicodeAttribute()
    as_of = NumberAttribute()
    report = BinaryAttribute(legacy_encoding=False)
    """JSON of `fargatecount/scope`, compressed by zlib."""
    in_breach = BooleanAttribute(null=True)
    retired_at = NumberAttribute(null=True)


class AccountsItem(Item):
    """The accounts of the organization: a thousand of them are some 30 KB."""

    accounts = BinaryAttribute(legacy_encoding=False)
    """JSON of `organization.accounts.AccountList`, compressed by zlib."""


def shard_key(account: str) -> str:
    """Return the partition key of an account's scopes."""
    return f"HUB#{zlib.crc32(account.encode()) % SHARDS:02d}"


def report_key(scope: Scope) -> tuple[str, str]:
    """Return the key of a scope's item."""
    return shard_key(scope.account), f"{PREFIX}{scope.account}#{scope.region}"


class DynamoScopes:
    """The scopes in the table of `items`, over the same connection; raises the errors of `DynamoLedger`.

    MalformedError: an item holds a report that this version cannot read.
    """

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._model: type[Any] = items.bind(ReportItem)
        self._accounts: type[Any] = items.bind(AccountsItem)

    def offer(self, scope: Scope, as_of: Millis, text: bytes) -> Offered:
        """Keep a report if it is newer than the one of its scope; the check and the write are one."""
        model = self._model
        item = model(*report_key(scope))
        actions = [
            model.account.set(scope.account),
            model.region.set(scope.region),
            model.as_of.set(as_of),
            model.report.set(zlib.compress(text, LEVEL)),
            model.format.set(FORMAT),
        ]
        with translate_errors(self._table):
            try:
                # It answers with the whole item, the mark included, so that knowing of a breach costs no read.
                item.update(actions, condition=model.as_of.does_not_exist() | (model.as_of < as_of))
            except UpdateError as error:
                if not is_condition_failed(error):
                    raise
                return Offered.STALE
        return Offered.TAKEN_IN_BREACH if item.in_breach else Offered.TAKEN

    def mark(self, scope: Scope, *, in_breach: bool) -> None:
        """Note whether a breach of a known scope may be open."""
        model = self._model
        self._change(scope, model.in_breach.set(True) if in_breach else model.in_breach.remove())

    def retire(self, scope: Scope, at: Millis) -> bool:
        """Let a scope count no longer until it reports again; return False if it is not known."""
        return self._change(scope, self._model.retired_at.set(at))

    def find(self, scope: Scope) -> ScopeRecord | None:
        """Return one scope, by a consistent read; None if it is not known."""
        with translate_errors(self._table):
            try:
                item = self._model.get(*report_key(scope), consistent_read=True)
            except self._model.DoesNotExist:
                return None
        return self._record(item)

    def scopes(self, account: str | None = None) -> Iterable[ScopeRecord]:
        """Yield the scopes of the organization or of one account; a read may be a second old, which the next minute's report is not."""
        if account is not None:
            yield from self._query(shard_key(account), f"{PREFIX}{account}#")
            return
        for shard in range(SHARDS):
            yield from self._query(f"HUB#{shard:02d}", PREFIX)

    def account_list(self) -> AccountList | None:
        """Return the last list of accounts; None if none was ever read."""
        with translate_errors(self._table):
            try:
                item = self._accounts.get(*ACCOUNTS_KEY)
            except self._accounts.DoesNotExist:
                return None
        return msgspec.json.decode(zlib.decompress(item.accounts), type=AccountList)

    def keep_accounts(self, accounts: AccountList) -> None:
        """Replace it."""
        with translate_errors(self._table):
            self._accounts(*ACCOUNTS_KEY, accounts=zlib.compress(msgspec.json.encode(accounts), LEVEL)).save()

    def _query(self, shard: str, prefix: str) -> Iterator[ScopeRecord]:
        with translate_errors(self._table):
            for item in self._model.query(shard, self._model.sk.startswith(prefix)):
                yield self._record(item)

    def _record(self, item: Any) -> ScopeRecord:
        scope = Scope(item.account, item.region)
        try:
            report = decode(zlib.decompress(item.report))
        except (msgspec.MsgspecError, zlib.error) as error:
            raise MalformedError(
                f"the report of {scope.account} {scope.region} in table {self._table} cannot be read: {error}",
                remedy="a newer version kept it: upgrade fargatecount here to the version of the hub",
            ) from error
        return ScopeRecord(
            scope=scope,
            as_of=int(item.as_of),
            report=report,
            in_breach=bool(item.in_breach),
            retired_at=None if item.retired_at is None else int(item.retired_at),
        )

    def _change(self, scope: Scope, action: Any) -> bool:
        model = self._model
        with translate_errors(self._table):
            try:
                model(*report_key(scope)).update([action], condition=model.as_of.exists())
            except UpdateError as error:
                if not is_condition_failed(error):
                    raise
                return False
        return True
