"""The report in JSON: what is written, and what was ever written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.drift import Cause
from fargatecount.report.fold import fold, part_of
from fargatecount.report.page.samples import sample_of_report, usage_of
from tests.support.builders import NOW
from tests.support.pages import repair, repaired, report

OLD: dict[str, Any] = msgspec.json.decode(Path(__file__).with_name("old_reports.json").read_bytes())
"""Reports as each released version wrote them. They are never changed: the buckets of users hold such."""

DEFAULTED = {"denied_actions"}
"""Keys that an older report has by default; any other that it lacks stays absent."""


def read(body: object) -> ReconcileDocument:
    return msgspec.json.decode(msgspec.json.encode(body), type=ReconcileDocument)


@pytest.mark.parametrize("name", OLD)
def test_an_old_report_is_read_with_all_that_it_has(name: str) -> None:
    """Every key of a report of an older version comes back with its value, and a key that it lacks stays absent."""
    again = msgspec.to_builtins(read(OLD[name]))
    assert {key: _as_far(again[key], value) for key, value in OLD[name].items()} == OLD[name]
    assert set(again) - set(OLD[name]) <= DEFAULTED


def _as_far(value: Any, old: Any) -> Any:
    """Return `value` with the keys of `old` only, at any depth."""
    if isinstance(old, dict):
        return {key: _as_far(value[key], each) for key, each in old.items()}
    if isinstance(old, list):
        return [_as_far(mine, each) for mine, each in zip(value, old, strict=True)]
    return value


@pytest.mark.parametrize("name", OLD)
def test_an_old_report_is_folded_and_drawn(name: str) -> None:
    """Its drift, its counts and its time are in a range and on a page."""
    old = read(OLD[name])
    folded = fold([part_of(old)])
    assert (folded.reports, folded.drifted, set(folded.clusters)) == (1, old.drifted, {each.cluster for each in old.clusters})
    sample = sample_of_report(old)
    assert sample is not None
    assert sample.levels["ECS-web"].running == 3
    assert {cluster.cluster: cluster.running for cluster in usage_of(old).clusters}["ECS-web"] == 3


def test_keys_of_a_newer_version_are_ignored() -> None:
    """An older command line reads the reports of a newer deployment."""
    newer = {**OLD["with usage"], "weather": "fair", "clusters": [{**each, "mood": 1} for each in OLD["with usage"]["clusters"]]}
    assert read(newer) == read(OLD["with usage"])


def test_causes_of_a_newer_version_are_text() -> None:
    """A cause that this version does not know is counted under its name."""
    newer = msgspec.to_builtins(report(NOW, None, repaired("web", repair())))
    newer["clusters"][0]["repairs"][0]["cause"] = "eclipse"
    assert fold([part_of(read(newer))]).causes == {"eclipse": 1}


def test_repairs_in_flight_are_under_no_cause() -> None:
    """They are listed, and not counted as drift."""
    made = report(NOW, None, repaired("web", repair(Cause.MISSED_STOP), repair(Cause.ORPHAN, in_flight=True)))
    assert (made.drifted, made.causes, len(made.clusters[0].repairs)) == (1, {"missed stop": 1}, 2)


def test_a_document_that_is_encoded_and_decoded_is_the_same() -> None:
    """Null and absent are different."""
    made = report(NOW, state={"headroom": None})
    again = msgspec.json.decode(msgspec.json.encode(made), type=ReconcileDocument)
    assert (again, again.headroom, again.cost) == (made, None, msgspec.UNSET)
