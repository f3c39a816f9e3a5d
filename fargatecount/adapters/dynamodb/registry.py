"""The clusters, scopes and layout of a deployment, in the table of the ledger.

These items are written outside the transactions of rows and counters: they state what exists, never how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from pynamodb.exceptions import PutError, UpdateError

from fargatecount.adapters.dynamodb import items as shape
from fargatecount.adapters.dynamodb.connection import RETRIES, Items
from fargatecount.adapters.dynamodb.errors import is_condition_failed, translate_errors
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.clock import Clock
from fargatecount.errors import UnavailableError
from fargatecount.ledger.clusters import ClusterState, Readability
from fargatecount.workload import Cluster, Kind, Millis, Scope

REGISTERED_FOR: Millis = 60_000
"""How long a process assumes that a cluster it registered still exists: another process may have retired it."""
LAYOUT_LIFE: Millis = 60_000
"""How long a process keeps the number of buckets: a rebuild that changes it waits longer, and a read a minute costs nothing."""


class DynamoRegistry:
    """The clusters, scopes and layout in a deployment's table.

    `buckets` applies only to a table that has never been used: the first writer stores it, and from then on the table's number applies.
    `retries` is how often botocore repeats a call; a caller that retries by itself before a deadline passes few. `session` is botocore's,
    shared with the other clients of the process; it provides the credentials if `credentials` is None.

    Every method raises UnavailableError if DynamoDB did not answer or throttled the call, DeniedError if it denied the call or there are no
    credentials, and MisconfiguredError if the table does not exist.
    """

    def __init__(
        self,
        table: str,
        region: str,
        *,
        buckets: int = 1,
        credentials: dict[str, str] | None = None,
        endpoint: str | None = None,
        clock: Clock | None = None,
        retries: int = RETRIES,
        session: Any = None,
    ) -> None:
        self._table = table
        self._clock = clock or SystemClock()
        self._items = Items(table, region, credentials=credentials, endpoint=endpoint, retries=retries, session=session)
        self._buckets_if_new = buckets
        self._layout: tuple[int, int] | None = None
        self._layout_until: Millis = 0
        self._registered: dict[Cluster, Millis] = {}

    @property
    def items(self) -> Items:
        """The items of the table, for the other stores that share its connection."""
        return self._items

    @property
    def buckets(self) -> int:
        """Number of buckets of each cluster: the table's, or the setting while the table has never been used."""
        return self._layout_now()[0]

    @property
    def buckets_ever(self) -> int:
        """Number of buckets that may hold rows: more than `buckets` while a rebuild is unfinished."""
        return max(self._layout_now())

    def register(self, cluster: Cluster) -> None:
        """Write the cluster, its scope and the table's layout, each once."""
        now = self._clock.now()
        if now - self._registered.get(cluster, -REGISTERED_FOR) < REGISTERED_FOR:
            return
        scope, items = cluster.scope, self._items
        key = _cluster_key(cluster)
        with translate_errors(self._table):
            # The cluster is written last: if it exists, so do the others.
            if not _exists(items.cluster, *key):
                self._layout_now()
                if self._layout is None:
                    _put_new(items.layout(*shape.LAYOUT_KEY, buckets=self._buckets_if_new))
                _put_new(items.scope(*_scope_key(scope), account=scope.account, region=scope.region))
                _put_new(items.cluster(*key, kind=str(cluster.kind), name=cluster.name, first_seen=now))
        self._registered[cluster] = now

    def divide(self, buckets: int) -> None:
        """Start to use another number of buckets; rows stay where they are until a rebuild has moved them."""
        layout = self._items.layout
        self._layout = None
        with translate_errors(self._table):
            layout(*shape.LAYOUT_KEY, buckets=buckets, before=self.buckets_ever).save()
        self._layout = None

    def divided(self) -> None:
        """Record that every row is in its bucket."""
        layout = self._items.layout
        with translate_errors(self._table):
            layout(*shape.LAYOUT_KEY).update(actions=[layout.before.remove()])
        self._layout = None

    def scopes(self) -> Sequence[Scope]:
        """Return the scopes that have ever been recorded."""
        model = self._items.scope
        with translate_errors(self._table):
            found = list(model.query(shape.SCOPES, model.sk.startswith(shape.SCOPE_PREFIX), consistent_read=True))
        return sorted(Scope(item.account, item.region) for item in found)

    def discovered(self, scope: Scope, kind: Kind, at: Millis) -> None:
        """Record when all clusters of a kind were known; this makes the scope known too."""
        model = self._items.scope
        facts = [model.account.set(scope.account), model.region.set(scope.region), model.format.set(shape.FORMAT)]
        with translate_errors(self._table):
            model(*_scope_key(scope)).update(actions=[*facts, getattr(model, f"{kind.lower()}_discovered_at").set(at)])

    def passed(self, scope: Scope, at: Millis) -> None:
        """Record the first run that has read every cluster; the scope must have been discovered before."""
        model = self._items.scope
        with translate_errors(self._table):
            model(*_scope_key(scope)).update(actions=[model.first_pass_at.set(model.first_pass_at | at)])

    def first_pass(self, scope: Scope) -> Millis | None:
        """Return when a run had first read every cluster; None before."""
        item = self._scope(scope)
        return int(item.first_pass_at) if item is not None and item.first_pass_at is not None else None

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        item = self._scope(scope)
        if item is None:
            return {}
        moments = {kind: getattr(item, f"{kind.lower()}_discovered_at") for kind in Kind}
        return {kind: int(at) for kind, at in moments.items() if at is not None}

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the known clusters of a scope, by name; none of them must be looked up to be registered."""
        model = self._items.cluster
        asked_at = self._clock.now()
        with translate_errors(self._table):
            found = list(model.query(shape.scope_key(scope), model.sk.startswith(shape.CLUSTER_PREFIX), consistent_read=True))
        states = sorted((shape.cluster_from(scope, item) for item in found), key=lambda state: state.cluster)
        self._registered.update({state.cluster: asked_at for state in states})
        return states

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        """Write what a source knows of a cluster now; what other sources wrote stays."""
        model = self._items.cluster
        actions = [getattr(model, source).set(msgspec.json.encode(view).decode())]
        if epoch is not None:
            actions.append(model.epoch.set(epoch))
        with translate_errors(self._table):
            for _ in range(2):
                self.register(cluster)
                try:
                    model(*_cluster_key(cluster)).update(actions=actions, condition=model.pk.exists())
                except UpdateError as error:
                    # Another process has retired it since: an update alone would leave an item without a name.
                    if not is_condition_failed(error):
                        raise
                    self._registered.pop(cluster, None)
                else:
                    return
        raise UnavailableError(f"cluster {cluster.name} was retired again while its state was written", remedy="try again")

    def retire(self, cluster: Cluster) -> None:
        """Remove a cluster; its rows and counters stay, and a new fact about it registers it again."""
        with translate_errors(self._table):
            self._items.cluster(*_cluster_key(cluster)).delete()
        self._registered.pop(cluster, None)

    def _scope(self, scope: Scope) -> Any:
        model = self._items.scope
        with translate_errors(self._table):
            try:
                return model.get(*_scope_key(scope), consistent_read=True)
            except model.DoesNotExist:
                return None

    def _layout_now(self) -> tuple[int, int]:
        """Return the number of buckets, and the number before a rebuild that is unfinished (0 if there is none)."""
        now = self._clock.now()
        if self._layout is None or now >= self._layout_until:
            model = self._items.layout
            with translate_errors(self._table):
                try:
                    item = model.get(*shape.LAYOUT_KEY, consistent_read=True)
                except model.DoesNotExist:
                    return self._buckets_if_new, 0
            self._layout, self._layout_until = (int(item.buckets), int(item.before or 0)), now + LAYOUT_LIFE
        return self._layout


def _scope_key(scope: Scope) -> tuple[str, str]:
    return shape.SCOPES, f"{shape.SCOPE_PREFIX}{scope.account}#{scope.region}"


def _cluster_key(cluster: Cluster) -> tuple[str, str]:
    return shape.scope_key(cluster.scope), shape.CLUSTER_PREFIX + cluster.key


def _exists(model: type[Any], pk: str, sk: str) -> bool:
    try:
        model.get(pk, sk, consistent_read=True)
    except model.DoesNotExist:
        return False
    return True


def _put_new(item: Any) -> None:
    try:
        item.save(condition=type(item).pk.does_not_exist())
    except PutError as error:
        if not is_condition_failed(error):
            raise
