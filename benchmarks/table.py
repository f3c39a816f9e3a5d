"""Printing: the table for people, JSON for programs, Markdown for the docs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.lines import Line

HEADINGS = ("what", "figure", "baseline", "ratio", "bar", "met")


def cells(line: Line) -> tuple[str, ...]:
    """Return a line as text."""
    met = {None: "", True: "yes", False: "NO"}[line.met]
    baseline = f"{line.baseline} ({line.baseline_is})" if line.baseline else ""
    what = f"{line.what}; {line.note}" if line.note else line.what
    return what, str(line.figure), baseline, line.ratio_text, line.bar_text, met


def show(parts: Mapping[str, Sequence[Line]]) -> None:
    """Print the table."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    table = Table(show_lines=False, header_style="bold")
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold", ratio=4 if heading == "what" else None)
    for name, lines in parts.items():
        table.add_section()
        table.add_row(f"[bold]{name}[/bold]")
        for line in lines:
            color = {None: "", True: "green", False: "bold red"}[line.met]
            table.add_row(*cells(line)[:-1], f"[{color}]{cells(line)[-1]}[/{color}]" if color else "")
    console.print(table)


def as_markdown(parts: Mapping[str, Sequence[Line]]) -> str:
    """Return the table in the form of docs/benchmarks.md."""
    rows = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    for name, lines in parts.items():
        rows.append(f"| **{name}** |" + " |" * (len(HEADINGS) - 1))
        rows.extend("| " + " | ".join(cells(line)) + " |" for line in lines)
    return "\n".join(rows) + "\n"


def as_json(parts: Mapping[str, Sequence[Line]]) -> str:
    """Return everything as JSON."""
    found: dict[str, list[dict[str, Any]]] = {name: [_plain(line) for line in lines] for name, lines in parts.items()}
    return json.dumps({"schema": "fargatecount/benchmarks", "version": 1, "parts": found}, indent=2)


def _plain(line: Line) -> dict[str, Any]:
    def figure(value: Any) -> dict[str, Any] | None:
        return None if value is None else {name: getattr(value, name) for name in ("median", "low", "high", "unit", "runs")}

    return {
        "what": line.what,
        "figure": figure(line.figure),
        "baseline": figure(line.baseline),
        "baseline_is": line.baseline_is or None,
        "ratio": line.ratio,
        "bar": line.bar_text or None,
        "met": line.met,
        "note": line.note or None,
    }
