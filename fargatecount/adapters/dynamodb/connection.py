"""The connection to one table: the item classes bound to it, which share one client, its timeouts and its retries.

PynamoDB stores the table's name and the connection on each item class, and opens one connection per class. `Items` therefore makes its own
subclasses, and gives all of them the same connection.
"""

from __future__ import annotations

from typing import Any

from fargatecount.adapters.dynamodb.counter_item import CounterItem
from fargatecount.adapters.dynamodb.items import ClusterItem, Item, LayoutItem, RowItem, ScopeItem

CONNECT_TIMEOUT = 1.5
"""Seconds; DynamoDB's endpoint of the same Region answers in milliseconds, so a longer wait only hides a broken network path."""
READ_TIMEOUT = 3.0
"""Seconds; a transaction takes 10 to 30 ms, so a request that takes longer than this is better sent again."""
RETRIES = 3
"""Retries by botocore itself; a transaction is sent again with the same token, so it is written once
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html)."""


class Items:
    """The item classes bound to one table."""

    def __init__(
        self,
        table: str,
        region: str,
        *,
        credentials: dict[str, str] | None = None,
        endpoint: str | None = None,
        retries: int = RETRIES,
        session: Any = None,
    ) -> None:
        # PynamoDB takes static credentials only; without them botocore's own chain, which refreshes, is used.
        self.table = table
        self._session = session
        self._meta: dict[str, Any] = {
            "table_name": table,
            "region": region,
            "host": endpoint,
            "connect_timeout_seconds": CONNECT_TIMEOUT,
            "read_timeout_seconds": READ_TIMEOUT,
            "max_retry_attempts": retries,
            **(credentials or {}),
        }
        self.connection: Any = None
        """The connection that all item classes share, and so one client and one pool of TCP connections. PynamoDB makes one per class, and
        each client costs tens of milliseconds of a cold start. The connection knows only the keys, which all classes have in common."""
        self.row = self.bind(RowItem)
        self.counter = self.bind(CounterItem)
        self.cluster = self.bind(ClusterItem)
        self.scope = self.bind(ScopeItem)
        self.layout = self.bind(LayoutItem)

    def bind(self, model: type[Item]) -> type[Any]:
        """Return an item class that reads and writes this table."""
        bound: Any = type(model.__name__, (model,), {"Meta": type("Meta", (), dict(self._meta))})
        # PynamoDB has no public way to share a connection between classes.
        if self.connection is None:
            self.connection = bound._get_connection()  # noqa: SLF001
            if self._session is not None:
                # Nor a way to pass a botocore session. A new session would read botocore's endpoints again: 40 ms and 7 MB. PynamoDB keeps
                # one session per thread, so the client that all threads share is made here, and the session is dropped.
                local = self.connection.connection._local  # noqa: SLF001
                local.session, self._session = self._session, None
                self.connection.connection.client  # noqa: B018 - makes it
                del local.session
        bound._connection = self.connection  # noqa: SLF001
        return bound  # type: ignore[no-any-return]
