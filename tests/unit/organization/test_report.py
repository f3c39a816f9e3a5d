"""A report carries everything that the totals rest on, and is small whatever is in it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fargatecount.counts import CELLS, Counts, Tally
from fargatecount.ledger.clusters import Trust
from fargatecount.organization.compose import CLUSTERS, SERVICES, report_of, service_table, usage_from
from fargatecount.organization.report import MAX_BYTES, decode, encode
from fargatecount.usage.document import scope_document
from fargatecount.usage.usage import ClusterUsage
from fargatecount.workload import Cluster, Kind
from tests.support.builders import NOW, SCOPE
from tests.support.reports import DENIED, READABLE, cluster_usage, quota, report, running, scope_usage_of

tallies = st.builds(lambda count, cpu: Tally(count, count * cpu, count * cpu * 2), st.integers(0, 50), st.sampled_from([256, 1024, 4096]))
counts = st.dictionaries(st.sampled_from(CELLS), tallies, max_size=4).map(
    lambda cells: Counts({cell: tally for cell, tally in cells.items() if tally.count})
)
names = st.text(min_size=1, max_size=255)
trusts = st.sampled_from([READABLE, DENIED, Trust(readable=False, reason="x" * 5000, remedy="é" * 5000)])
cluster_usages = st.builds(
    lambda kind, name, trust, held, listed: ClusterUsage(
        Cluster(SCOPE, kind, name), trust, held if trust.readable or held is not None else None, NOW if trust.readable or listed else None
    ),
    st.sampled_from(Kind),
    names,
    trusts,
    counts,
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(cluster_usages, max_size=150, unique_by=lambda each: each.cluster))
def test_what_comes_back_has_the_same_totals_and_the_same_certainty(clusters: list[ClusterUsage]) -> None:
    """Whatever is summed: held, running, the certain part, and whether the scope is complete."""
    usage = scope_usage_of(clusters)
    back = usage_from(decode(encode(report_of(usage, NOW, version="0.1.0"))), NOW)
    assert back.scope_total == usage.scope_total
    assert back.held.workloads == usage.held.workloads
    assert back.held.vcpu() == usage.held.vcpu()
    assert (back.complete, back.running, back.is_lower_bound) == (usage.complete, usage.running, usage.is_lower_bound)


def test_a_small_scope_comes_back_as_the_same_document() -> None:
    """What `status --organization` shows of it is what the account's own `status` shows, cluster by cluster."""
    usage = scope_usage_of([cluster_usage("web", running(3)), cluster_usage("api", running(2), trust=DENIED)], quotas=[quota(6.0)])
    back = usage_from(decode(encode(report_of(usage, NOW, version="0.1.0", quotas=[quota(6.0)]))), NOW)
    ours, theirs = scope_document(usage), scope_document(back)
    assert {each.cluster: each for each in theirs.clusters} == {each.cluster: each for each in ours.clusters}
    assert (theirs.total, theirs.quotas[0]) == (ours.total, ours.quotas[0])


@pytest.mark.parametrize("letter", ["a", "é", "\U0001f600", "\x01", '"'], ids=["plain", "two bytes", "four bytes", "escaped", "quote"])
def test_no_scope_is_too_large_for_an_event(letter: str) -> None:
    """A thousand clusters and services with names of the greatest length: below the bound, and no task is missing from the totals."""
    clusters = [cluster_usage(f"{i}{letter * 250}", running(i + 1), trust=DENIED if i % 3 else READABLE) for i in range(1000)]
    usage = scope_usage_of(clusters)
    table = service_table([(f"ECS-{letter * 250}", f"service:{i}{letter * 250}", running(1)) for i in range(1000)], NOW)
    text = encode(report_of(usage, NOW, version="0.1.0", services=table))
    assert len(text) <= MAX_BYTES
    back = decode(text)
    assert usage_from(back, NOW).scope_total == usage.scope_total
    assert back.services is not None
    assert len(back.services.services) + back.services.others == 1000


def test_the_largest_clusters_and_services_have_entries_and_the_rest_is_summed() -> None:
    """By held vCPU; an unreadable cluster has one even if it is small."""
    clusters = [cluster_usage(f"c{i:03}", running(i)) for i in range(1, 300)] + [cluster_usage("denied", running(1), trust=DENIED)]
    found = report_of(scope_usage_of(clusters), NOW, version="0.1.0")
    assert len(found.clusters) == CLUSTERS
    assert {entry.name for entry in found.clusters} >= {"c299", "denied"}
    assert "c001" not in {entry.name for entry in found.clusters}
    assert sum(other.clusters for other in found.others) == 300 - CLUSTERS
    table = service_table([("ECS-web", f"service:{i}", running(i)) for i in range(1, 40)], NOW)
    assert [entry.service for entry in table.services[:2]] == ["service:39", "service:38"]
    assert (len(table.services), table.others) == (SERVICES, 39 - SERVICES)


def test_a_report_of_ordinary_size_is_a_few_kilobytes() -> None:
    """Ten clusters with two capacities: what an organization pays for each minute."""
    usage = scope_usage_of([cluster_usage(f"service-{i}", running(20)) for i in range(10)])
    assert len(encode(report_of(usage, NOW, version="0.1.0", quotas=[quota(100.0)]))) < 3_000


def test_keys_of_a_later_version_are_ignored() -> None:
    """An older hub reads newer members."""
    later = msgspec.json.encode({**msgspec.to_builtins(report(3)), "regions_planned": ["eu-west-2"]})
    assert decode(later) == decode(encode(report(3)))


@pytest.mark.parametrize("bad", [-1, 2**60, 1.5, "many"])
def test_an_impossible_count_is_no_report(bad: object) -> None:
    """A member cannot take from a total, nor overflow it."""
    broken = msgspec.to_builtins(report(3))
    broken["clusters"][0]["counts"][0][2] = bad
    with pytest.raises(msgspec.ValidationError):
        decode(msgspec.json.encode(broken))
