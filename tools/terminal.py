"""A terminal's picture: real commands, run in a terminal in the middle of an incident, against the real deployment in an embedded AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from local.demo.incident import QUOTAS, RUNAWAY
from local.demo.shop import Shop
from local.demo.stage import Stage
from local.demo.trouble import ACCOUNT, agree
from local.process import CHECKOUT
from local.stack import Stack
from tests.support.pseudo_terminal import shown_by

COLUMNS = 134
"""Columns of the terminal: few lines fold at this width, and the letters are readable where a README shows the picture 880 pixels wide."""
COMMANDS = (("status",), ("headroom", "--all"))
# Light letters on dark in a frame: it looks the same on a light page and on a dark one.
THEME = TerminalTheme(
    (22, 27, 34),
    (214, 221, 230),
    [(72, 79, 88), (255, 123, 114), (63, 185, 80), (227, 179, 65), (88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)],
    [(110, 118, 129), (255, 161, 152), (86, 211, 100), (242, 204, 96), (121, 192, 255), (210, 168, 255), (86, 212, 221), (255, 255, 255)],
)
# At 13.29 pixels a letter of DejaVu Sans Mono is 8 wide, so that the cells of a bar meet.
PAGE = """<!doctype html><meta charset="utf-8"><style>{stylesheet}
body {{ margin: 0; }}
main {{ width: max-content; background: {background}; color: {foreground}; border: 1px solid #30363d; border-radius: 10px; }}
header {{ display: flex; gap: 8px; padding: 12px 14px 0; }}
header i {{ width: 11px; height: 11px; border-radius: 50%; background: #484f58; }}
pre {{ margin: 0; padding: 10px 18px 16px; font: 13.29px/1.28 "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
</style><main><header><i></i><i></i><i></i></header><pre>{code}</pre></main>"""


def page() -> str:
    """Run the incident and return the page of the terminal with the commands of an operator; takes half a minute."""
    with tempfile.TemporaryDirectory(prefix="fargatecount-picture-") as directory, Stack(Path(directory)) as stack:
        stack.deploy()
        stage, shop = Stage(stack), Shop(stack)
        incident(stage, shop)
        parts = []
        for words in COMMANDS:
            parts += [
                Text.from_markup(f"[bold green]$[/] [bold]fargatecount {' '.join(words)}[/]"),
                Text.from_ansi(terminal(words, stack.environment()).strip() + "\n"),
            ]
    parts[-1].rstrip()
    return html(Text("\n").join(parts))


def incident(stage: Stage, shop: Shop) -> None:
    """Fill the quota with a job that starts itself repeatedly, until a service can no longer place its tasks."""
    stage.stack.controls.set(quotas=QUOTAS)
    shop.open()
    shop.serve("front", 40)
    shop.serve("checkout", 30)
    shop.run("spot", "resize", 40, spot=True)
    stage.ask("reconcile", "--yes", "--wait", "60")
    shop.run("batch", "nightly", RUNAWAY)
    agree(stage, shop)
    refuse(stage, "checkout", 3, "You've reached the limit on the number of vCPUs you can run concurrently")
    stage.until("the refusals are known", lambda: any(scope["refused"] for scope in json.loads(stage.ask("status", "--json"))["scopes"]))


def refuse(stage: Stage, service: str, times: int, why: str) -> None:
    """Let ECS report that it cannot place tasks of a service: the embedded ECS places everything.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
    """
    region = stage.stack.environment()["AWS_REGION"]
    place = f"arn:aws:ecs:{region}:{ACCOUNT}"
    detail = {
        "eventType": "ERROR",
        "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
        "clusterArn": f"{place}:cluster/web",
        "capacityProviderArns": [f"{place}:capacity-provider/FARGATE"],
        "reason": why,
        "createdAt": datetime.now(UTC).isoformat(),  # noqa: TID251 - an event carries real time
    }
    entry = {"Source": "aws.ecs", "DetailType": "ECS Service Action", "Resources": [f"{place}:service/web/{service}"]}
    stage.stack.client("events").put_events(Entries=[{**entry, "Detail": json.dumps(detail)}] * times)


def terminal(words: Sequence[str], environment: dict[str, str]) -> str:
    """Return the complete output of a command to a terminal."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    looks = {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LANG": "C.UTF-8"}

    def start(there: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "fargatecount.cli", *words]
        surroundings = {**kept, **looks, **environment}
        return subprocess.Popen(command, cwd=CHECKOUT, env=surroundings, stdin=subprocess.DEVNULL, stdout=there, stderr=there)

    _, shown = shown_by(start)
    # On AWS itself there is no such note.
    return "".join(line for line in shown.replace("\r\n", "\n").splitlines(keepends=True) if not line.startswith("note: http://127.0.0.1"))


def html(shown: Text) -> str:
    """Return the terminal as a page."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(shown, end="")
    return console.export_html(theme=THEME, code_format=PAGE)
