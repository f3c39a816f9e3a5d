"""`fargatecount top`, in a real terminal."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from textual.widgets import Static

from fargatecount.cli.top_screen import TopApp
from fargatecount.top.snapshot import TopSnapshot
from tests.cli.conftest import Answer
from tests.support.deadline import eventually
from tests.support.tmux import Terminal, terminal
from tests.support.top_shop import shop

Run = Callable[..., Answer]
SHOP = [sys.executable, "-m", "tests.support.top_shop"]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Terminal]:
    """The screen on a shop of three clusters, at 80 columns."""
    with terminal(tmp_path, SHOP) as found:
        found.wait_for("ECS-shop-002")
        yield found


def test_a_tour_with_the_keys(screen: Terminal) -> None:
    """From the quota bars to a cluster, a service, a task with all its facts, and back; filter, sort, refusals, changes; q leaves."""
    first = screen.screen
    assert "12.5 of 12 vCPU  104.2 %" in first
    assert first.index("ECS-shop-002") < first.index("ECS-shop-001") < first.index("ECS-shop-000")
    assert "1 unreadable cluster" in first
    assert "q\u00a0quit" in first
    screen.press("Enter")
    assert "service:search-0002" in screen.wait_for("services > ECS-shop-002: 4")
    screen.press("Enter")
    screen.wait_for("tasks > ECS-shop-002 > service:")
    screen.press("Enter")
    task = screen.wait_for("esc: back")
    assert "arn:aws:ecs:eu-west-1:123456789012:cluster/shop-002" in task
    screen.press("Escape")
    eventually(lambda: "esc: back" not in screen.screen, "the task is closed")
    screen.press("Escape")
    screen.wait_for("services > ECS-shop-002: 4")
    screen.press("3")
    screen.wait_for("tasks: 24")
    screen.press("/")
    screen.wait_for("filter: part of a name")
    screen.press("mail")
    screen.wait_for("tasks: 2, filter mail")
    screen.press("Enter")
    # A letter that comes while the field is open would be typed into it.
    eventually(lambda: "mail" not in map(str.strip, screen.screen.splitlines()), "the filter is kept")
    screen.press("s")
    screen.wait_for("VCPU▼")
    screen.press("r")
    screen.wait_for("VCPU▲")
    screen.press("4")
    assert "You've reached" in screen.wait_for("refused: 1")
    screen.press("5")
    screen.wait_for("AGO▲")
    screen.press("6")
    assert "team-b" in screen.wait_for("owners: 2")
    screen.press("Enter")
    screen.wait_for("services: 6, filter team-")
    screen.press("7")
    screen.wait_for("hanging: 1")
    screen.press("Enter")
    assert "what to do" in screen.wait_for("aws ecs describe-tasks")
    screen.press("Escape")
    eventually(lambda: "what to do" not in screen.screen, "the task is closed")
    screen.press("?")
    screen.wait_for("what changed its phase")
    screen.press("Escape")
    eventually(lambda: "what changed its phase" not in screen.screen, "the help is closed")
    screen.press("q")
    eventually(lambda: not screen.is_open(), "the screen is closed")


def test_without_color_and_on_a_narrow_terminal(tmp_path: Path) -> None:
    """At 40 columns names and states stay; NO_COLOR leaves no color in what is drawn."""
    with terminal(tmp_path, SHOP, columns=40, environment={"NO_COLOR": "1"}) as screen:
        screen.wait_for("q\u00a0quit")
        lines = screen.wait_for(" 8 ok").splitlines()
        assert all(len(line) <= 40 for line in lines)
        assert any(line.startswith("ECS-shop-002 ") for line in lines)
        drawn = screen.run("capture-pane", "-p", "-e")
        assert "\x1b[33m" not in drawn
        assert "\x1b[31m" not in drawn


def test_before_the_first_answer_nothing_is_known() -> None:
    """While the table is read for the first time the screen says so; it shows no number, and takes keys."""
    may_answer = threading.Event()
    reader = shop()

    def slow() -> TopSnapshot:
        may_answer.wait(30)
        return reader.read()

    async def look() -> str:
        app = TopApp(slow, period=3600)
        async with app.run_test() as pilot:
            await pilot.press("2", "down", "enter")
            head = str(app.query_one("#head", Static).content)
            may_answer.set()
        return head

    with ThreadPoolExecutor(1) as apart:  # this thread may have a loop already: the browser's, in the same worker
        assert apart.submit(lambda: asyncio.run(look())).result() == "services: reading the table"


@pytest.mark.parametrize("typed", [None, ""])
def test_without_a_terminal_programs_are_named(fargatecount: Run, typed: str | None) -> None:
    """Wrong use, with the commands that a program reads."""
    answer = fargatecount("top", typed=typed)
    assert (answer.code, answer.out) == (2, "")
    assert "top needs a terminal; for programs: fargatecount status --json" in answer.err
