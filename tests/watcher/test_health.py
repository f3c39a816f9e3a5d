"""Whether the watcher is alive and ready, and how that is asked."""

from __future__ import annotations

import http.client

import pytest

from tests.support.builders import PODS, WEB
from tests.support.fakes import FakeClock
from watcher.health import LIVE_WITHIN, Health
from watcher.health_server import HealthServer, answer


def test_live_while_every_loop_turns() -> None:
    """One loop that stands still for two minutes is enough to be restarted."""
    clock = FakeClock()
    health = Health(clock)
    health.tick(PODS)
    health.tick(WEB)
    clock.advance(LIVE_WITHIN)
    health.tick(WEB)
    assert health.is_live()
    clock.advance(1)
    assert not health.is_live()
    health.forget(PODS)
    assert health.is_live()


def test_ready_once_every_cluster_is_read_or_refused() -> None:
    """Ready means that nothing is still to come, and not that all is well."""
    health = Health(FakeClock())
    assert not health.is_ready()
    health.tick(PODS)
    health.discovered()
    assert not health.is_ready()
    health.set_readable(PODS, readable=False)
    assert health.is_ready()


def test_ready_without_clusters() -> None:
    """A Region without EKS clusters is nothing to wait for."""
    health = Health(FakeClock())
    health.discovered()
    assert health.is_ready()


def test_forgotten_cluster_leaves_the_metrics() -> None:
    """A cluster that is watched no more does not go on being shown as it was."""
    health = Health(FakeClock())
    health.set_readable(PODS, readable=True)
    health.forget(PODS)
    assert health.registry.get_sample_value("fargatecount_watcher_readable", {"cluster": PODS.name}) is None


def test_forgetting_what_was_never_judged_is_fine() -> None:
    """A cluster may go before it was ever read."""
    Health(FakeClock()).forget(PODS)


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/readyz", 503), ("/metrics", 200), ("/", 404), ("/livez/../etc", 404)])
def test_paths(path: str, status: int) -> None:
    """Each path has its answer, and there are no others."""
    assert answer(Health(FakeClock()), path)[0] == status


def test_server_answers_over_http() -> None:
    """What Prometheus reads is its text format, with the watcher's metrics in it."""
    health = Health(FakeClock())
    health.set_readable(PODS, readable=True)
    server = HealthServer(health, "127.0.0.1", 0)
    server.start()
    try:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        client.request("GET", "/metrics")
        response = client.getresponse()
        body = response.read().decode()
        client.close()
    finally:
        server.stop()
    assert (response.status, response.headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    assert f'fargatecount_watcher_readable{{cluster="{PODS.name}"}} 1.0' in body
