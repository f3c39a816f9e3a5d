"""Lambda around one function: AWS's runtime interface client in a process of its own, and the runtime API that it asks for events.

The API is https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Like Lambda, this module kills a process that is not done at its
deadline, and sees a process that exits; the runtime client reports neither.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.http_server import Reply, Request, answering

API = "/2018-06-01/runtime"
REQUEST_ID = "5a0d1d5e-8a5b-4a3e-9f0a-3c1c2b1f7d11"
START_SECONDS = 30.0
"""A cold start takes about a second, on a busy machine several; Lambda itself allows ten
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib)."""
POLL_SECONDS = 0.02
"""Between two checks whether the process has exited."""


class Ending(StrEnum):
    """How an invocation or a start ended."""

    READY = "ready"
    """The process asks for the next event."""
    RESPONSE = "response"
    """The handler returned."""
    ERROR = "error"
    """The handler raised."""
    INIT_ERROR = "init error"
    """The handler could not be imported."""
    TIMEOUT = "timeout"
    """The deadline passed; the process was killed."""
    EXIT = "exit"
    """The process exited without a report."""


class Outcome(NamedTuple):
    """An ending, what the runtime client reported, and how long it took."""

    ending: Ending
    report: Any
    milliseconds: float


class ExecutionEnvironment:
    """One process of a function."""

    def __init__(self, process: subprocess.Popen[bytes], events: queue.Queue[Reply], reports: queue.Queue[tuple[Ending, Any]]) -> None:
        self.process = process
        self._events = events
        self._reports = reports

    def started(self) -> Outcome:
        """Wait until the process asks for its first event, or fails to start."""
        return self._wait(START_SECONDS)

    def send(self, event: Mapping[str, Any], seconds: float, arn: str) -> None:
        """Hand over an event with a deadline."""
        headers = {
            "Lambda-Runtime-Aws-Request-Id": REQUEST_ID,
            "Lambda-Runtime-Deadline-Ms": str(round((time.time() + seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": arn,
        }
        self._events.put(Reply(json.dumps(event), "application/json", 200, headers))

    def invoke(self, event: Mapping[str, Any], seconds: float, arn: str) -> Outcome:
        """Hand over an event and wait for its end; at the deadline the process is killed."""
        self.send(event, seconds, arn)
        return self.ended(seconds)

    def ended(self, seconds: float) -> Outcome:
        """Wait for the end of the invocation under way."""
        outcome = self._wait(seconds)
        if outcome.ending in {Ending.RESPONSE, Ending.ERROR}:
            self._wait(START_SECONDS)  # it asks for the next event
        return outcome

    def _wait(self, seconds: float) -> Outcome:
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            try:
                ending, report = self._reports.get(timeout=POLL_SECONDS)
            except queue.Empty:
                if self.process.poll() is None:
                    continue
                return Outcome(Ending.EXIT, self.process.returncode, _since(begun))
            return Outcome(ending, report, _since(begun))
        self.process.kill()
        self.process.wait()
        return Outcome(Ending.TIMEOUT, None, _since(begun))


@contextmanager
def execution_environment(code: Path, handler: str, environment: Mapping[str, str], log: Path) -> Iterator[ExecutionEnvironment]:
    """Start a process of the function whose unpacked code lies in a directory; stop it at the end."""
    events: queue.Queue[Reply] = queue.Queue()
    reports: queue.Queue[tuple[Ending, Any]] = queue.Queue()

    def answer(request: Request) -> Reply:
        if request.path == f"{API}/invocation/next":
            reports.put((Ending.READY, None))
            return events.get()
        endings = {"response": Ending.RESPONSE, "error": Ending.INIT_ERROR if request.path == f"{API}/init/error" else Ending.ERROR}
        reports.put((endings[request.path.rpartition("/")[2]], json.loads(request.body)))
        return Reply('{"status": "OK"}', "application/json", 202)

    with answering(answer) as url, log.open("wb") as output:
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FARGATECOUNT_", "POWERTOOLS_"))}
        process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", handler],
            cwd=code,
            env={
                **variables,
                **environment,
                "PYTHONPATH": str(code),
                "LAMBDA_TASK_ROOT": str(code),
                "AWS_LAMBDA_RUNTIME_API": url.removeprefix("http://"),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield ExecutionEnvironment(process, events, reports)
        finally:
            process.kill()
            process.wait()
            events.put(Reply("{}", "application/json"))  # for the request that still waits for an event


def _since(begun: float) -> float:
    return (time.monotonic() - begun) * 1000
