"""The file of a census: what it gives back, and of what it gives nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from fargatecount.adapters.census_file import GOOD_FOR, CensusFile, CensusHead
from fargatecount.errors import MisconfiguredError
from fargatecount.timestamps import to_iso
from fargatecount.usage.document import ScopeDocument, scope_document
from fargatecount.workload import Scope
from tests.support.builders import NOW, SCOPE
from tests.support.reports import cluster_usage, running, scope_usage_of

HEAD = CensusHead(caller="111111111111", role="fargatecount-census", by="service")
OTHER = Scope("222222222222", "us-east-1")


def document(scope: Scope = SCOPE, at: int = NOW) -> ScopeDocument:
    """Return a counted scope."""
    usage = scope_usage_of([cluster_usage(counts=running(3), scope=scope)], scope)
    return msgspec.structs.replace(scope_document(usage), counted_at=to_iso(at), account_name="shop", unit="Root")


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    """As it was, for its owner only."""
    path = tmp_path / "cache" / "census.jsonl"
    file = CensusFile(path, HEAD, NOW)
    assert file.counted() == {}
    for scope in (SCOPE, OTHER):
        file.keep(document(scope))
    assert CensusFile(path, HEAD, NOW).counted() == {SCOPE: document(), OTHER: document(OTHER)}
    assert path.stat().st_mode & 0o777 == 0o600
    file.forget()
    assert file.counted() == {}


def test_numbers_of_more_than_an_hour_ago_are_counted_again(tmp_path: Path) -> None:
    """They and new ones make no picture of one moment."""
    file = CensusFile(tmp_path / "census.jsonl", HEAD, NOW)
    file.keep(document(at=NOW - GOOD_FOR - 1000))
    file.keep(document(OTHER))
    assert set(file.counted()) == {OTHER}


def test_a_line_that_was_cut_off_is_counted_again(tmp_path: Path) -> None:
    """The others stay."""
    path = tmp_path / "census.jsonl"
    file = CensusFile(path, HEAD, NOW)
    for scope in (SCOPE, OTHER):
        file.keep(document(scope))
    path.write_bytes(path.read_bytes()[:-40])
    assert set(file.counted()) == {SCOPE}


def test_another_census_is_refused(tmp_path: Path) -> None:
    """Its numbers were counted by another role, or grouped otherwise: the remedy names both ways out."""
    path = tmp_path / "census.jsonl"
    CensusFile(path, HEAD, NOW).keep(document())
    other = msgspec.structs.replace(HEAD, role="auditor")
    with pytest.raises(MisconfiguredError, match="of another census") as refused:
        CensusFile(path, other, NOW).counted()
    assert "--fresh" in refused.value.remedy
    assert other.digest != HEAD.digest


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the option that names another."""
    with pytest.raises(MisconfiguredError, match="cannot write") as refused:
        CensusFile(tmp_path, HEAD, NOW).keep(document())
    assert "--state" in refused.value.remedy
