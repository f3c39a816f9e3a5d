"""Liveness and readiness of the watcher, and the paths that return them."""

from __future__ import annotations

import http.client

import pytest

from tests.support.builders import PODS, WEB
from tests.support.fakes import FakeClock
from watcher.health import LIVE_WITHIN, Health
from watcher.health_server import HealthServer, answer


def test_live_while_every_loop_turns() -> None:
    """The watcher is not live if one loop stands still for two minutes."""
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
    """The watcher is ready once every cluster is read or found unreadable."""
    health = Health(FakeClock())
    assert not health.is_ready()
    health.tick(PODS)
    health.discovered()
    assert not health.is_ready()
    health.set_readable(PODS, readable=False)
    assert health.is_ready()


def test_ready_without_clusters() -> None:
    """A watcher in a Region without EKS clusters is ready."""
    health = Health(FakeClock())
    health.discovered()
    assert health.is_ready()


def test_forgotten_cluster_leaves_the_metrics() -> None:
    """A cluster that is no longer watched disappears from the metrics."""
    health = Health(FakeClock())
    health.set_readable(PODS, readable=True)
    health.forget(PODS)
    assert health.registry.get_sample_value("fargatecount_watcher_readable", {"cluster": PODS.name}) is None


def test_forgetting_an_unread_cluster() -> None:
    """A cluster can be forgotten before it was read."""
    Health(FakeClock()).forget(PODS)


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/readyz", 503), ("/metrics", 200), ("/", 404), ("/livez/../etc", 404)])
def test_paths(path: str, status: int) -> None:
    """Each known path has its answer; any other is 404."""
    assert answer(Health(FakeClock()), path)[0] == status


def test_server_answers_over_http() -> None:
    """The metrics are served in Prometheus's text format."""
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
