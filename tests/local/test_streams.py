"""Streams of the emulator: the function of one holds up no queue."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from local.process import CHECKOUT, environment

SLOW = """
import threading
from ministack.services import lambda_svc
from local.patches import streams

entered, leave, left = threading.Event(), threading.Event(), threading.Event()

def invoke():
    entered.set()
    leave.wait(5)
    left.set()
    return False

lambda_svc._poll_dynamodb_streams = invoke
streams.apply()
assert lambda_svc._poll_dynamodb_streams() is False
assert entered.wait(5) and not left.is_set(), "the queues waited for the function of the stream"
leave.set()
assert left.wait(5)
"""

MANY = """
import threading
from ministack.services import lambda_svc
from local.patches import streams

batches, empty = [True, True, RuntimeError("one bad look"), True, False], threading.Event()

def invoke():
    batch = batches.pop(0)
    if isinstance(batch, Exception):
        raise batch
    if not batches:
        empty.set()
    return batch

lambda_svc._poll_dynamodb_streams = invoke
streams.apply()
while not empty.wait(0.02):
    lambda_svc._poll_dynamodb_streams()
"""


def run(program: str, directory: Path) -> None:
    """Run a program in the emulator's environment."""
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env=environment(0, directory),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert outcome.returncode == 0, outcome.stderr


def test_a_slow_function_of_a_stream_holds_up_no_queue(tmp_path: Path) -> None:
    """The loop that feeds the queues goes on while the function of a stream still runs."""
    run(SLOW, tmp_path)


def test_a_stream_is_read_to_its_end(tmp_path: Path) -> None:
    """Batch after batch is taken, and a look that failed is not the last."""
    run(MANY, tmp_path)
