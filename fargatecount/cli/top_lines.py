"""The list on the screen of `top`: it formats and draws only the lines that are seen, so that its length costs nothing."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fargatecount.cli.text import stdout_encoding
from fargatecount.cli.top_cells import fitting, line, text_of
from fargatecount.top.view import COLUMNS, TopRow, TopTable, View

PLAIN, CURSOR, HEAD, DOUBT = Style(), Style(reverse=True), Style(bold=True, underline=True), Style(color="yellow")


class Lines(ScrollView, can_focus=True):
    """A table with a cursor; its head stays on top."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "move(-1000000000)", show=False),
        Binding("end,G", "move(1000000000)", show=False),
        Binding("enter,right", "open", "open"),
    ]

    class Opened(Message):
        """A line was chosen."""

        def __init__(self, row: TopRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self) -> None:
        super().__init__()
        self._table = TopTable(COLUMNS[View.CLUSTERS], ())
        self._sort = 0
        self._reverse = False
        self._cursor = 0
        self._encoding = stdout_encoding()

    @property
    def current(self) -> TopRow | None:
        """The line under the cursor."""
        return self._table.rows[self._cursor] if self._table.rows else None

    def show_table(self, table: TopTable, *, sort: int, reverse: bool, stay: bool) -> None:
        """Show a table; with `stay` the cursor keeps its subject if that is still there, else it goes to the top."""
        before = self.current
        self._table, self._sort, self._reverse = table, sort, reverse
        self._cursor = min(self._cursor, max(len(table.rows) - 1, 0)) if stay else 0
        if stay and before is not None and before.subject is not None:
            same = (i for i, row in enumerate(table.rows) if row.subject == before.subject)
            self._cursor = next(same, self._cursor)
        self.virtual_size = Size(0, len(table.rows) + 1)
        self._follow()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        width = self.size.width
        columns = self._table.columns
        chosen = fitting(columns, width)
        if y == 0:
            arrow = "▼" if self._reverse else "▲"
            titles = [columns[i].title + (arrow if i == self._sort else "") for i in chosen]
            return Strip([Segment(line(columns, chosen, titles, width), HEAD)], width)
        position = y - 1 + self.scroll_offset.y
        if position >= len(self._table.rows):
            return Strip.blank(width)
        row = self._table.rows[position]
        texts = [text_of(row.values[i], columns[i], self._encoding) for i in chosen]
        style = CURSOR if position == self._cursor else DOUBT if row.is_doubtful else PLAIN
        return Strip([Segment(line(columns, chosen, texts, width), style)], width)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._cursor = max(0, min(self._cursor + by, len(self._table.rows) - 1))
        self._follow()
        self.refresh()

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screen."""
        self.action_move(direction * max(self.size.height - 2, 1))

    def action_open(self) -> None:
        """Open the line under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened(self.current))

    def _follow(self) -> None:
        room = max(self.size.height - 1, 1)
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, immediate=True)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False, immediate=True)
