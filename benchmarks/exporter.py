"""What a scrape costs: an account of 500 clusters with 20 services shown, scraped over HTTP fifty times a second."""

from __future__ import annotations

import resource
import statistics
import time
import urllib.request

from fargatecount.adapters.http_server import BoundedServer, serving_in_thread
from fargatecount.adapters.memory.launches import MemoryLaunches, MemoryLaunchQuotas
from fargatecount.adapters.memory.published import MemoryPublishState
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.exporter.answer import Exporter, Gate
from fargatecount.exporter.snapshot import ExporterOptions, ExporterPorts, SharedTable
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.series import Detail
from tests.support.exporting import CountedTable
from tests.support.top_shop import shop

CLUSTERS, SERVICES, SHOWN = 500, 5_000, 20
SCRAPES = 500
EVERY = 5
"""Seconds between two reads."""


def main() -> None:
    """Print one line for each figure."""
    clock, ports = SystemClock(), shop(CLUSTERS, SERVICES).ports
    table = CountedTable(ports.reader)
    options = ExporterOptions(every=EVERY * 1000, publish=PublishOptions(detail=Detail.SERVICE, top_services=SHOWN))
    exporter_ports = ExporterPorts(
        reader=table,
        quotas=ports.quotas,
        refusals=ports.refusals,
        mutes=ports.mutes,
        launches=MemoryLaunches(),
        launch_quotas=MemoryLaunchQuotas(),
        state=MemoryPublishState(),
        reports=None,
        dead_letters=None,
        clock=clock,
    )
    exporter = Exporter(SharedTable(exporter_ports, options), options, clock, version="0", look=None)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    server = BoundedServer(Gate(clock).reply, exporter.answer)
    with serving_in_thread(server) as url:
        first, body = _scrape(url)
        begun, taken = time.perf_counter(), []
        for number in range(SCRAPES):
            taken.append(_scrape(url)[0])
            clock.sleep(max(begun + (number + 1) / 50 - time.perf_counter(), 0.0))
        passed = time.perf_counter() - begun
    series = sum(not line.startswith(b"#") for line in body.splitlines())
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{series} series, {len(body) / 1000:.0f} kB; first scrape, with its read: {first * 1000:.0f} ms")
    print(f"{SCRAPES} scrapes in {passed:.1f} s: median {statistics.median(taken) * 1000:.1f} ms, slowest {max(taken) * 1000:.0f} ms")
    print(f"reads of the counters: {table.reads}, at most one every {EVERY} s; memory: {grown:.0f} MiB more than the account itself")


def _scrape(url: str) -> tuple[float, bytes]:
    begun = time.perf_counter()
    with urllib.request.urlopen(f"{url}metrics", timeout=60) as answer:
        body: bytes = answer.read()
    return time.perf_counter() - begun, body


if __name__ == "__main__":
    main()
