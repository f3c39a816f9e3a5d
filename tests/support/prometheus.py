"""A real Prometheus server for tests: it scrapes one target every second, with the project's rules at a test's pace."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.deadline import eventually

RULES = Path(__file__).resolve().parents[2] / "infra" / "prometheus" / "rules.yml"
LASTS = "2s"
"""What every `for` of the rules becomes: two evaluations."""
START = 30.0
"""Seconds until the server must be ready; it takes about one."""


def program(name: str) -> str:
    """Return the path of `prometheus` or `promtool`; skip the test where the machine has none."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine: apt-get install prometheus")
    return found


class Prometheus:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str, **query: str) -> Any:
        """Return `data` of an answer of its API."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
            return json.loads(answer.read())["data"]

    def query(self, text: str) -> list[dict[str, Any]]:
        """Return the series of an instant query."""
        found: list[dict[str, Any]] = self.get("query", query=text)["result"]
        return found

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire now."""
        return {alert["labels"]["alertname"] for alert in self.get("alerts")["alerts"] if alert["state"] == "firing"}

    def scraped(self) -> dict[str, Any]:
        """Return what the server says of its only target."""
        (target,) = self.get("targets")["activeTargets"]
        found: dict[str, Any] = target
        return found

    def is_ready(self) -> bool:
        """Say whether it answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def prometheus(folder: Path, target: str, **scrape: Any) -> Iterator[Prometheus]:
    """Start a server that scrapes `target`, a host with its port."""
    server = program("prometheus")
    (folder / "rules.yml").write_text(re.sub(r"for: \d+m", f"for: {LASTS}", RULES.read_text()))
    job = {"job_name": "fargatecount", "static_configs": [{"targets": [target]}], **scrape}
    configuration = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(folder / "rules.yml")],
        "scrape_configs": [job],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [
            server,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        running = Prometheus(port)
        eventually(lambda: running.is_ready() or process.poll() is not None, "Prometheus is ready", within=START)
        assert process.poll() is None, (folder / "log").read_text()
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()
