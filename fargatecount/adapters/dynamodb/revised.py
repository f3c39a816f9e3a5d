"""A state of a scope as JSON in one item, replaced as a whole by a process that has read its last revision."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import is_condition_failed, translate_errors
from fargatecount.adapters.dynamodb.items import Item, scope_key
from fargatecount.errors import MalformedError
from fargatecount.workload import Scope


class Revised(Protocol):
    """A state with a revision."""

    @property
    def rev(self) -> int:
        """Differs with every write, also after the item was deleted; 0 where nothing was stored."""
        ...

    @property
    def replaces(self) -> int:
        """The revision that it was made from."""
        ...


S = TypeVar("S", bound=Revised)


class RevisedItem(Item):
    """A state."""

    rev = NumberAttribute()
    state = UnicodeAttribute()
    """JSON."""


class RevisedState(Generic[S]):
    """The states of one kind in the table that `items` are bound to.

    Raises the errors of `DynamoLedger`, and MalformedError if an item cannot be read.
    """

    def __init__(self, items: Items, model: type[RevisedItem], sk: str, kind: type[S], *, consequence: str) -> None:
        """`consequence` is what deleting the item leads to, for the remedy of one that cannot be read."""
        self._table = items.table
        self._model: type[Any] = items.bind(model)
        self._sk = sk
        self._kind = kind
        self._consequence = consequence

    def read(self, scope: Scope) -> S:
        """Return the last stored state; an empty one if there is none."""
        with translate_errors(self._table):
            try:
                item = self._model.get(scope_key(scope), self._sk, consistent_read=True)
            except self._model.DoesNotExist:
                return self._kind()
        try:
            return msgspec.json.decode(item.state, type=self._kind)
        except msgspec.MsgspecError as error:
            raise MalformedError(
                f"the item {self._sk} of {scope_key(scope)} in table {self._table} cannot be read: {error}",
                remedy=f"a newer version wrote it: deploy that version again, or delete the item; {self._consequence}",
            ) from error

    def write(self, scope: Scope, state: S) -> bool:
        """Replace the previous revision; return False if another process has replaced it first."""
        model = self._model
        item = model(scope_key(scope), self._sk, rev=state.rev, state=msgspec.json.encode(state).decode())
        with translate_errors(self._table):
            try:
                item.save(condition=model.rev == state.replaces if state.replaces else model.pk.does_not_exist())
            except PutError as error:
                if not is_condition_failed(error):
                    raise
                return False
        return True
