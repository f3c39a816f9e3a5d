"""`fargatecount verify`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from tests.cli.conftest import Answer
from tests.support.builders import BATCH, WEB
from tests.support.deployed import Deployed

Run = Callable[..., Answer]


def test_equal_counters_are_said_to_be_equal(here: Deployed, fargatecount: Run) -> None:
    """Code 0, and how many counters and workloads that rests on."""
    here.deliver(here.ecs.run("t1"), here.ecs.run("t2"))
    answer = fargatecount("verify")
    assert answer.code == 0
    assert "2 of 2 counters equal the sum of their rows (2 workloads)." in answer.out


def test_a_difference_is_a_no(here: Deployed, fargatecount: Run) -> None:
    """Code 1, with the bucket, its counter and its rows."""
    here.deliver(here.ecs.run("t1"))
    here.spoil_counter(by=5)
    answer = fargatecount("verify", "--json")
    assert answer.code == 1
    (wrong,) = (finding for finding in answer.json["findings"] if finding["verdict"] == "different")
    assert (wrong["cluster"], wrong["bucket"], wrong["counter_held"] - wrong["rows_held"]) == ("ECS-web", 0, 5)


def test_clusters_are_chosen_by_glob(here: Deployed, fargatecount: Run) -> None:
    """A difference in a cluster that was not asked for is not found."""
    here.deliver(here.ecs.run("t1", WEB), here.ecs.run("t2", BATCH))
    here.spoil_counter(WEB)
    assert fargatecount("verify", "--cluster", "batch").code == 0


def test_a_repair_makes_the_counter_the_sum_of_its_rows(here: Deployed, fargatecount: Run) -> None:
    """With --repair --yes the difference is gone, and the next look finds none."""
    here.deliver(here.ecs.run("t1"))
    here.spoil_counter()
    answer = fargatecount("verify", "--repair", "--yes", "--json")
    assert answer.code == 0
    assert "repaired" in {finding["verdict"] for finding in answer.json["findings"]}
    assert fargatecount("verify").code == 0


def test_a_repair_that_is_only_tried_changes_nothing(here: Deployed, fargatecount: Run) -> None:
    """With --dry-run the difference is named, and stays."""
    here.deliver(here.ecs.run("t1"))
    here.spoil_counter()
    assert fargatecount("verify", "--repair", "--dry-run").code == 1
    assert fargatecount("verify").code == 1


def test_at_a_terminal_no_means_no(here: Deployed, fargatecount: Run) -> None:
    """Who says no has repaired nothing."""
    here.deliver(here.ecs.run("t1"))
    here.spoil_counter()
    assert fargatecount("verify", "--repair", typed="n\n").code == 130
    assert fargatecount("verify").code == 1


def test_a_bucket_under_traffic_is_undecided(here: Deployed, fargatecount: Run) -> None:
    """Code 4 if every read meets a write."""
    here.deliver(here.ecs.run("t1"))
    here.write_after_every_query()
    answer = fargatecount("verify", "--json")
    assert answer.code == 4
    assert [finding["verdict"] for finding in answer.json["findings"]] == ["undecided", "equal"]


def test_csv_has_a_row_per_bucket(here: Deployed, fargatecount: Run) -> None:
    """A spreadsheet gets one line per bucket."""
    here.deliver(here.ecs.run("t1"))
    rows = list(csv.DictReader(io.StringIO(fargatecount("verify", "-o", "csv").out)))
    assert [(row["bucket"], row["verdict"]) for row in rows] == [("0", "equal"), ("1", "equal")]


def test_an_empty_table_is_equal(here: Deployed, fargatecount: Run) -> None:
    """Nothing recorded is nothing wrong."""
    assert here.rows() == {}
    assert fargatecount("verify").code == 0


def test_a_misspelt_cluster_is_an_error(here: Deployed, fargatecount: Run) -> None:
    """Code 2 with the name that was meant: nothing to compare is no equality."""
    here.deliver(here.ecs.run("t1"))
    answer = fargatecount("verify", "--cluster", "wbe")
    assert (answer.code, answer.out) == (2, "")
    assert "no cluster matches 'wbe'; did you mean web?" in answer.err
