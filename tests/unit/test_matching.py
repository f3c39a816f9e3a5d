"""Which clusters a glob selects, and which name is suggested for a misspelled one."""

from __future__ import annotations

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.matching import did_you_mean, is_selected, require_matches
from fargatecount.workload import Cluster
from tests.support.builders import BATCH, PODS, WEB

KNOWN = [WEB, BATCH, PODS]


@pytest.mark.parametrize(
    ("globs", "selected"),
    [
        ((), KNOWN),
        (("web",), [WEB]),
        (("ECS-*",), [WEB, BATCH]),
        (("web", "pods"), [WEB, PODS]),
        (("*",), KNOWN),
        (("WEB",), []),
    ],
)
def test_globs_select_by_name_or_key(globs: tuple[str, ...], selected: list[Cluster]) -> None:
    """Name and key are matched in their exact spelling, and no glob selects every cluster."""
    assert [cluster for cluster in KNOWN if is_selected(cluster, globs)] == selected


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        ("wbe", "no cluster matches 'wbe'; did you mean web?"),
        ("WEB", "no cluster matches 'WEB'; did you mean web?"),
        ("ECS-batsh", "no cluster matches 'ECS-batsh'; did you mean ECS-batch?"),
        ("prod-*", "no cluster matches 'prod-*'"),
    ],
)
def test_a_glob_that_selects_nothing_is_an_error(glob: str, text: str) -> None:
    """The error names the glob and the closest name; the clusters that are known are the remedy."""
    with pytest.raises(MisconfiguredError) as raised:
        require_matches(["web", glob], KNOWN)
    assert (str(raised.value), raised.value.remedy) == (text, "known: ECS-batch, ECS-web, EKS-pods")


def test_globs_that_select_something_pass() -> None:
    """Every glob needs one match, and no glob needs none."""
    require_matches(["w*", "EKS-pods"], KNOWN)
    require_matches([], [])


def test_without_any_known_cluster_the_remedy_is_to_look() -> None:
    """A scope that was never read has no names to suggest."""
    with pytest.raises(MisconfiguredError) as raised:
        require_matches(["web"], [])
    assert "fargatecount reconcile" in raised.value.remedy


def test_a_long_list_of_names_is_cut() -> None:
    """The remedy names five clusters, and how many more there are."""
    with pytest.raises(MisconfiguredError) as raised:
        require_matches(["zzz"], [Cluster(WEB.scope, WEB.kind, f"c{i}") for i in range(9)])
    assert raised.value.remedy.endswith("ECS-c4 and 4 more")


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("eu-wset-1", ["eu-west-1", "eu-west-2", "us-east-1"], "; did you mean eu-west-1?"),
        ("frnt", ["front", "back"], "; did you mean front?"),
        ("x", ["front"], ""),
        ("x", [], ""),
    ],
)
def test_a_suggestion_is_the_closest_name(word: str, names: list[str], expected: str) -> None:
    """A word that resembles no name gets no suggestion."""
    assert did_you_mean(word, names) == expected
