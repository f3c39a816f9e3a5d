"""`python -m benchmarks.watcher_child ours|official list|watch PORT CA-FILE`: one client, measured by itself.

Prints pods read, seconds of processor time and of the clock, and the peak of its memory in MiB, as one line of JSON. The import is not
in the times; the TLS handshake is.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.memory import peak
from benchmarks.watcher_pods import OFFICIAL_PAGE
from fargatecount.adapters.system_clock import SystemClock

SELECTOR = "spec.schedulerName=fargate-scheduler"
SECONDS = 60


def main(who: str, what: str, port: str, ca: str) -> None:
    """Read everything once and print the measurements."""
    act = (_ours if who == "ours" else _official)(what, f"https://127.0.0.1:{port}", ca)
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    pods = act()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(json.dumps({"pods": pods, "cpu": cpu, "wall": wall, "peak": peak()}) + "\n")


def _ours(what: str, host: str, ca: str) -> Callable[[], int]:
    from fargatecount.adapters.kubernetes.pods import KubeConnection, list_pods  # noqa: PLC0415 - one client in one process
    from watcher.stream import Seen, watch_once  # noqa: PLC0415

    connection = KubeConnection(host, Path(ca).read_bytes(), lambda: "token")
    if what == "list":
        return lambda: len(list_pods(connection).pods)
    changes = watch_once(connection, 1, seconds=SECONDS, grace=5, clock=SystemClock())
    return lambda: sum(isinstance(change, Seen) for change in changes)


def _official(what: str, host: str, ca: str) -> Callable[[], int]:
    from kubernetes import client, watch  # noqa: PLC0415

    configuration = client.Configuration()
    configuration.host, configuration.ssl_ca_cert = host, ca
    configuration.api_key = {"BearerToken": "Bearer token"}
    api = client.CoreV1Api(client.ApiClient(configuration))

    def listed() -> int:
        pods = []
        more: dict[str, str] = {}
        while True:
            answer = api.list_pod_for_all_namespaces(field_selector=SELECTOR, limit=OFFICIAL_PAGE, **more)
            pods += answer.items
            following = answer.metadata._continue  # noqa: SLF001 - the client's name for the field, because `continue` is a Python keyword
            if not following:
                return len(pods)
            more = {"_continue": following}

    def watched() -> int:
        stream = watch.Watch().stream(
            api.list_pod_for_all_namespaces, field_selector=SELECTOR, resource_version="1", timeout_seconds=SECONDS
        )
        return sum(event["type"] == "MODIFIED" for event in stream)

    return listed if what == "list" else watched


if __name__ == "__main__":
    main(*sys.argv[1:5])
