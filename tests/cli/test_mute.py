"""`fargatecount mute`, and where a mute is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.mutes.mute import active
from tests.cli.conftest import Answer
from tests.support.builders import HOUR, MINUTE, SCOPE, seen
from tests.support.deployed import Deployed

Run = Callable[..., Answer]
MUTE = ("mute", "--stage", "test", "--reason", "load [red]test")


def mutes(here: Deployed) -> list[str]:
    """Return what is muted now, in words."""
    return [each.about for each in active(DynamoMutes(here.ledger.items).mutes(SCOPE).mutes, here.clock.now())]


def test_a_mute_is_shown_everywhere_until_it_is_ended(here: Deployed, fargatecount: Run) -> None:
    """status, alarms, doctor and its own list; the end asks nothing, because more is reported then."""
    here.deliver(seen(workload_id="t", observed_at=here.clock.now()))
    begun = fargatecount(*MUTE, "--until", "2h", "--alarm", "warning-spot", "--yes", "--json")
    assert begun.code == 0, begun.err
    (mute,) = begun.json["mutes"]
    assert (mute["about"], mute["active"], mute["cloudwatch"], mute["held"]) == ("alarm warning-spot", True, False, 0)
    assert mute["by"].startswith("arn:aws:")
    line = f"Muted until {mute['until']}: alarm warning-spot (load [red]test)"
    for command in ("status", "alarms", "doctor", "mute list"):
        assert line in " ".join(fargatecount(*command.split(), "--stage", "test").out.split()), command
    for command in ("status", "alarms"):
        document = fargatecount(command, "--stage", "test", "--json").json
        muted = document["muted"] if command == "alarms" else document["scopes"][0]["muted"]
        assert [each["id"] for each in muted] == [mute["id"]]
    assert line in fargatecount("explain", "warning-spot", "--stage", "test").out
    assert line not in fargatecount("explain", "critical-spot", "--stage", "test").out
    ended = fargatecount("mute", "end", mute["id"], "--stage", "test")
    assert (ended.code, "Not muted any more" in ended.out, mutes(here)) == (0, True, [])
    assert "Nothing is muted." in fargatecount("mute", "list", "--stage", "test").out


def test_a_mute_ends_at_the_next_such_time(here: Deployed, fargatecount: Run) -> None:
    """In the named time zone, at a whole minute; --all ends what is left."""
    now = here.clock.now()
    fargatecount(*MUTE, "--until", "00:00", "--timezone", "Asia/Tokyo", "--cluster", "ECS-web", "--owner", "shop", "--yes")
    (found,) = DynamoMutes(here.ledger.items).mutes(SCOPE).mutes
    assert (found.until % (24 * HOUR), 0 < found.until - now <= 24 * HOUR) == (15 * HOUR, True)
    fargatecount(*MUTE, "--until", "90m", "--yes")
    assert mutes(here) == ["everything", "cluster ECS-web, owner shop"] or mutes(here) == ["cluster ECS-web, owner shop", "everything"]
    assert all(each.until % MINUTE == 0 for each in DynamoMutes(here.ledger.items).mutes(SCOPE).mutes)
    assert fargatecount("mute", "end", "--all", "--stage", "test", "--json").code == 0
    assert mutes(here) == []


def test_a_recurring_mute_is_listed_between_its_times(here: Deployed, fargatecount: Run) -> None:
    """And can be ended for good."""
    at = datetime.fromtimestamp(here.clock.now() / 1000, UTC) + timedelta(hours=2)
    every = f"cron({at:%M %H} * * *)"
    begun = fargatecount(*MUTE, "--until", "9d", "--every", every, "--for", "4h", "--yes", "--json")
    (mute,) = begun.json["mutes"]
    assert (mute["active"], mute["every"], mute["recurs_until"] is not None) == (False, every, True)
    assert f"Mutes at {every} UTC until {mute['recurs_until']}: everything" in fargatecount("mute", "list", "--stage", "test").out
    assert "Mutes at" not in fargatecount("status", "--stage", "test").out
    assert fargatecount("mute", "end", mute["id"], "--stage", "test").code == 0
    assert "Nothing is muted." in fargatecount("mute", "list", "--stage", "test").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("mute", "--reason", "x", "--yes"), "every mute has an end and a reason"),
        (("mute", "--until", "2h", "--reason", " ", "--yes"), "every mute has an end and a reason"),
        ((*MUTE, "--until", "3d", "--yes"), "add --long"),
        ((*MUTE, "--until", "16d", "--long", "--yes"), "at most 15"),
        ((*MUTE, "--until", "2020-01-01", "--yes"), "has passed"),
        ((*MUTE, "--until", "soon", "--yes"), "'soon' is no moment"),
        ((*MUTE, "--until", "2h"), "add --yes"),
        ((*MUTE, "--until", "2h", "--alarm", "warning-spott", "--yes"), "did you mean warning-spot"),
        ((*MUTE, "--until", "9d", "--every", "cron(0 2 * * SUN)", "--yes"), "--every and --for belong together"),
        ((*MUTE, "--until", "9d", "--every", "cron(0 2 * * 0)", "--for", "4h", "--yes"), "'0' is none of SUN"),
        ((*MUTE, "--until", "9d", "--every", "cron(0 2 * * SUN)", "--for", "4", "--yes"), "is no duration"),
        ((*MUTE, "--until", "9d", "--every", "cron(0 2 * * SUN)", "--for", "2d", "--yes"), "add --long"),
        ((*MUTE, "--until", "999d", "--every", "cron(0 2 * * SUN)", "--for", "4h", "--yes"), "ends within 366 days"),
        (("mute", "end", "--stage", "test"), "name the mutes to end"),
        (("mute", "end", "nope", "--stage", "test"), "no mute nope is active"),
    ],
)
def test_what_is_refused(shared: Deployed, fargatecount: Run, arguments: tuple[str, ...], says: str) -> None:
    """Exit code 2, and nothing is muted."""
    answer = fargatecount(*arguments)
    assert (answer.code, says in answer.err) == (2, True), answer.err
    assert mutes(shared) == []


def test_a_dry_run_mutes_nothing(shared: Deployed, fargatecount: Run) -> None:
    """It shows what the mute is."""
    answer = fargatecount(*MUTE, "--until", "36h", "--long", "--dry-run", "--json")
    assert (answer.json["dry_run"], answer.json["mutes"][0]["about"], mutes(shared)) == (True, "everything", [])
