"""From RunTask to the message on a topic, through the deployed functions, metrics and alarms; the tests are one story, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from fargatecount.workload import Phase
from local.stack import Stack
from tests.e2e.alarmed import QUOTA, Alarmed
from tests.e2e.scale import takes_minutes
from tests.support.deadline import eventually, throughout
from tests.support.service_events import action

MINUTES = 60.0
CROSSING = 30.0
"""Seconds from a change to its alarm: at most 5 s until its turn to be put and a second to be evaluated; the rest is for a busy machine."""


@pytest.fixture(scope="module")
def alarmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alarmed]:
    """Return a deployment of these tests' own: its totals are theirs alone."""
    with Stack(tmp_path_factory.mktemp("aws")) as stack:
        stack.deploy()
        here = Alarmed(stack)
        here.create("shop")
        here.create("side")
        here.allow(QUOTA)
        here.invoke("publish")
        yield here


def test_a_deployment_that_lives_ends_its_liveness_alarm(alarmed: Alarmed) -> None:
    """Before the first publish the liveness alarm is in ALARM; the first minute ends it."""
    alarmed.eventually_in("liveness", "OK", within=CROSSING)
    assert alarmed.points("fargate-published")[0] == 1


def test_an_empty_cluster_is_published_as_zero(alarmed: Alarmed) -> None:
    """Each cluster that has been listed has an explicit 0."""
    assert alarmed.points("fargate-count", cluster="ECS-shop")[0] == 0


def test_a_refused_launch_pages(alarmed: Alarmed) -> None:
    """What ECS says of a service that could not place a task is an alarm within seconds."""
    event = json.loads(action(clusterArn=alarmed.cluster("shop").arn))
    entry = {
        "Source": "aws.ecs",
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": event["resources"],
    }
    assert alarmed.stack.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    alarmed.eventually_in("launches-refused", "ALARM", within=CROSSING)
    eventually(lambda: alarmed.heard("launches-refused") == ["ALARM"], "the message has arrived", CROSSING)
    assert {message.topic for message in alarmed.hear() if message.alarm == "launches-refused"} == {"Paging"}


def test_a_refused_launch_is_shown_once(alarmed: Alarmed) -> None:
    """By `status` and in the next report: one, of that service, in AWS's own words."""
    (scope,) = alarmed.status()["scopes"]
    shown = json.loads(alarmed.command("reconcile", "--json", "--yes", "--wait", "60").stdout)["refused"]
    for (refused,) in (scope["refused"], shown):
        assert (refused["cluster"], refused["group"], refused["count"]) == ("ECS-shop", "service:servicetest", 1)
        assert (refused["reason"], refused["sign"]) == ("RESOURCE:FARGATE", "placement failure")


def test_tasks_up_to_the_warning_level_wake_nobody(alarmed: Alarmed) -> None:
    """At 80 % the utilisation is known within seconds, and the critical alarm is quiet."""
    alarmed.run("shop", 16)
    eventually(lambda: alarmed.points("fargate-vcpu-utilization", capacity="on-demand")[-1] == 80, "80 % is published", CROSSING)
    alarmed.eventually_in("critical-on-demand", "OK", within=CROSSING)
    assert "critical-on-demand" not in {message.alarm for message in alarmed.hear() if message.state == "ALARM"}


@takes_minutes
def test_a_denied_cluster_is_unreadable_and_not_zero(alarmed: Alarmed) -> None:
    """Its alarm goes off; it gets no point, above all no 0; the utilisation stays what it was."""
    alarmed.stack.controls.set(deny_clusters=["shop"])
    alarmed.reconcile()
    eventually(lambda: alarmed.points("fargate-unreadable-clusters")[-1] == 1, "the publisher knows", 2 * MINUTES)
    before = len(alarmed.points("fargate-count", cluster="ECS-shop"))
    alarmed.eventually_in("unreadable-clusters", "ALARM", within=2 * MINUTES)
    assert alarmed.points("fargate-count", cluster="ECS-shop")[before:] == []
    assert alarmed.points("fargate-vcpu-utilization", capacity="on-demand")[-1] == 80
    alarmed.eventually_in("cannot-be-trusted", "ALARM", within=CROSSING)
    alarmed.stack.controls.set(deny_clusters=[])
    alarmed.reconcile()


def test_tasks_and_pods_together_cross_the_critical_level(alarmed: Alarmed) -> None:
    """16 tasks and 3 pods are 95 %: within seconds one message on the paging topic."""
    alarmed.pods(3)
    alarmed.eventually_in("critical-on-demand", "ALARM", within=CROSSING)
    eventually(lambda: "ALARM" in alarmed.heard("critical-on-demand"), "the message has arrived", CROSSING)
    assert {message.topic for message in alarmed.hear() if message.alarm == "critical-on-demand"} == {"Paging"}


@takes_minutes
def test_three_minutes_above_the_warning_are_a_warning(alarmed: Alarmed) -> None:
    """The warning comes on the quiet topic, once; the critical alarm stays, and says nothing more."""
    alarmed.eventually_in("warning-on-demand", "ALARM", within=4 * MINUTES)
    eventually(lambda: alarmed.heard("warning-on-demand"), "the message has arrived", CROSSING)
    assert [state for state in alarmed.heard("warning-on-demand") if state == "ALARM"] == ["ALARM"]
    assert {message.topic for message in alarmed.hear() if message.alarm == "warning-on-demand"} == {"Quiet"}
    assert [state for state in alarmed.heard("critical-on-demand") if state == "ALARM"] == ["ALARM"]


def test_a_fall_below_ends_it(alarmed: Alarmed) -> None:
    """Stopped tasks and deleted pods clear the critical alarm within seconds, with one message."""
    alarmed.pods(3, phase=Phase.GONE, version=2)
    alarmed.stop(12)
    alarmed.eventually_in("critical-on-demand", "OK", within=CROSSING)
    eventually(lambda: alarmed.heard("critical-on-demand")[-1] == "OK", "the message has arrived", CROSSING)
    assert alarmed.heard("critical-on-demand")[-2:] == ["ALARM", "OK"]


@takes_minutes
def test_a_silent_publisher_is_an_alarm_and_clears_none(alarmed: Alarmed) -> None:
    """With the publisher cut off during a breach, the breach stays one for ten minutes without a point, and the silence pages."""
    alarmed.run("side", 16)
    alarmed.eventually_in("critical-on-demand", "ALARM", within=CROSSING)
    alarmed.cut_off("publish")
    alarmed.stop(16)
    alarmed.eventually_in("liveness", "ALARM", within=4 * MINUTES)
    throughout(lambda: alarmed.state("critical-on-demand") == "ALARM", "the breach is one", 10 * MINUTES)
    assert alarmed.points("fargate-vcpu-utilization", capacity="on-demand") == []
    eventually(lambda: alarmed.heard("liveness")[-1] == "ALARM", "the message has arrived", CROSSING)
    assert {message.topic for message in alarmed.hear() if message.alarm == "liveness"} == {"Paging"}
