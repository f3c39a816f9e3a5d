"""The full-screen view: quota bars above, a list that can be sorted, filtered and opened, and the keys below."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar

import msgspec
from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from fargatecount.cli.output import plain
from fargatecount.cli.top_cells import fitting
from fargatecount.cli.top_head import head_of
from fargatecount.cli.top_help import HELP
from fargatecount.cli.top_lines import Lines
from fargatecount.errors import FargatecountError
from fargatecount.metrics.points import ServiceKey
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.top.details import details
from fargatecount.top.snapshot import LedgerRow, TopSnapshot
from fargatecount.top.table import lines_of, top_table
from fargatecount.top.view import COLUMNS, OwnerKey, TopQuery, View, opened
from fargatecount.workload import Cluster, WorkloadKey

KEYS = "  ".join(
    pair.replace(" ", "\u00a0")  # a key stays beside its word where the line breaks
    for pair in (
        "1 clusters",
        "2 services",
        "3 tasks",
        "4 refused",
        "5 changes",
        "6 owners",
        "7 hanging",
        "enter open",
        "esc back",
        "/ filter",
        "s sort",
        "r reverse",
        "? help",
        "q quit",
    )
)


class Details(ModalScreen[None]):
    """Everything about one workload."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter,left", "dismiss", "back")]

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__()
        self._pairs = pairs

    def compose(self) -> ComposeResult:
        """Show a line for each fact."""
        width = max(len(name) for name, _ in self._pairs)
        with VerticalScroll():
            yield Static(Text("\n".join(f"{name.ljust(width)}  {plain(value)}" for name, value in self._pairs) + "\n\nesc: back"))


class TopApp(App[None]):
    """The screen; `read` is called in a thread of its own, every `period` seconds."""

    CSS = """
    #head { height: auto; }
    #keys { height: auto; }
    #needle { height: 1; border: none; display: none; padding: 0; }
    #needle.open { display: block; }
    Lines { height: 1fr; scrollbar-size-horizontal: 0; }
    Details { align: center middle; }
    Details VerticalScroll { width: 90%; height: 80%; border: solid white; padding: 0 1; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"view('{view}')", show=False) for number, view in enumerate(View, start=1)),
        Binding("escape,left,backspace", "up_one", show=False),
        Binding("slash", "filter", show=False),
        Binding("s", "sort", show=False),
        Binding("r", "reverse", show=False),
        Binding("question_mark,f1", "explain", show=False),
        Binding("q", "quit", show=False),
    ]

    def __init__(self, read: Callable[[], TopSnapshot], *, period: float, thresholds: QuotaThresholds = DEFAULT_THRESHOLDS) -> None:
        super().__init__(ansi_color=True)
        self._read = read
        self._period = period
        self._thresholds = thresholds
        self._snapshot = TopSnapshot(at=0, scopes=())
        self._query = opened(View.CLUSTERS)
        self._before: list[TopQuery] = []
        self._error: str | None = None
        self._ended = threading.Event()

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield Static(id="head")
        yield Lines()
        yield Input(id="needle", placeholder="filter: part of a name; enter keeps it, esc drops it", compact=True)
        yield Static(Text(KEYS), id="keys")

    def on_mount(self) -> None:
        """Begin to read."""
        self.query_one(Lines).focus()
        self._keep_reading()

    def on_unmount(self) -> None:
        """Stop reading."""
        self._ended.set()

    @work(thread=True, exclusive=True)
    def _keep_reading(self) -> None:
        while not self._ended.is_set():
            try:
                snapshot, error = self._read(), None
                for view in View:  # made here, so that a key does not wait for it
                    lines_of(snapshot, view)
            except FargatecountError as trouble:
                snapshot, error = self._snapshot, f"{trouble}; {trouble.remedy}"
            if not self._ended.is_set():
                self.call_from_thread(self.arrived, snapshot, error)
            self._ended.wait(self._period)

    def arrived(self, snapshot: TopSnapshot, error: str | None) -> None:
        """Show what was read; after an error the last numbers stay, and the head has the error."""
        self._snapshot, self._error = snapshot, error
        self._show(stay=True)

    def action_view(self, view: str) -> None:
        """Open a view from its beginning."""
        self._before = []
        self._go(opened(View(view)))

    def action_up_one(self) -> None:
        """Drop the filter, or return to the view before."""
        if self._query.needle:
            self._go(msgspec.structs.replace(self._query, needle=""))
        elif self._before:
            self._go(self._before.pop())

    def action_explain(self) -> None:
        """Say what each key does, and what the words mean."""
        self.push_screen(Details(HELP))

    def action_sort(self) -> None:
        """Sort by the next column: names from A, numbers from the largest."""
        columns = COLUMNS[self._query.view]
        seen = fitting(columns, self.query_one(Lines).size.width)
        column = next((i for i in seen if i > self._query.sort), seen[0])
        self._go(msgspec.structs.replace(self._query, sort=column, reverse=columns[column].format != "text"))

    def action_reverse(self) -> None:
        """Reverse the order."""
        self._go(msgspec.structs.replace(self._query, reverse=not self._query.reverse))

    def action_filter(self) -> None:
        """Let a filter be typed."""
        needle = self.query_one("#needle", Input)
        needle.value = self._query.needle
        needle.add_class("open")
        needle.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter with each letter."""
        if event.input.has_class("open"):
            self._go(msgspec.structs.replace(self._query, needle=event.value))

    def on_input_submitted(self) -> None:
        """Keep the filter."""
        self.query_one("#needle", Input).remove_class("open")
        self.query_one(Lines).focus()

    def on_lines_opened(self, event: Lines.Opened) -> None:
        """Go one level down: from a cluster to its services, to tasks, to one task."""
        subject = event.row.subject
        if isinstance(subject, LedgerRow):
            hanging = self._snapshot.hanging.get(WorkloadKey(subject.cluster, subject.workload_id))
            self.push_screen(Details(details(subject, self._snapshot.at, hanging)))
            return
        if subject is not None:
            self._before.append(self._query)
        if isinstance(subject, Cluster):
            self._go(opened(View.SERVICES, cluster=subject))
        elif isinstance(subject, ServiceKey):
            self._go(opened(View.TASKS, cluster=subject.cluster, service=subject))
        elif isinstance(subject, OwnerKey):
            self._go(msgspec.structs.replace(opened(View.SERVICES), needle=subject.owner))

    def _go(self, query: TopQuery) -> None:
        self._query = query
        self._show(stay=False)

    def _show(self, *, stay: bool) -> None:
        table = top_table(self._snapshot, self._query)
        self.query_one(Lines).show_table(table, sort=self._query.sort, reverse=self._query.reverse, stay=stay)
        head = head_of(self._snapshot, self._query, len(table.rows), error=self._error, thresholds=self._thresholds)
        self.query_one("#head", Static).update(head)
