"""The connection to one table: the item classes bound to it, with one client for all of them, its timeouts and its retries.

PynamoDB keeps a table's name and connection on the class of its items, and makes a connection for each; so every process binds classes of
its own here, and lets them share one.
"""

from __future__ import annotations

from typing import Any

from fargatecount.adapters.dynamodb.items import ClusterItem, CounterItem, Item, LayoutItem, RowItem, ScopeItem

CONNECT_TIMEOUT = 1.5
"""Seconds; DynamoDB's endpoint of the same Region answers in milliseconds, so a longer wait only hides a dead path."""
READ_TIMEOUT = 3.0
"""Seconds; a transaction takes 10 to 30 ms, and what is slower than this is better asked again."""
RETRIES = 3
"""How often botocore itself asks again; the same transaction then carries the same token, so it is written once
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
        """The one connection of all, and so one client and one pool of TCP connections: PynamoDB makes one per class, each with a client
        that costs tens of milliseconds of a cold start. It knows the keys only, which are the same for all."""
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
                # Nor a way to give it a botocore session. One of its own would read botocore's endpoints again: 40 ms and 7 MB. It keeps
                # one per thread, so the client that all threads share is made at once, in this one, and the session is let go.
                local = self.connection.connection._local  # noqa: SLF001
                local.session, self._session = self._session, None
                self.connection.connection.client  # noqa: B018 - makes it
                del local.session
        bound._connection = self.connection  # noqa: SLF001
        return bound  # type: ignore[no-any-return]
