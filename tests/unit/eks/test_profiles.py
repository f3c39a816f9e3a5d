"""The pods that a cluster's Fargate profiles select."""

from __future__ import annotations

import pytest

from fargatecount.eks.profiles import Profile, Selector, namespaces, profile_for, unmatched
from tests.support.pods import pod, waiting

SHOP = Profile("shop", selectors=(Selector("shop"),))


@pytest.mark.parametrize(
    ("selector", "namespace", "labels", "matches"),
    [
        pytest.param(Selector("shop"), "shop", {}, True, id="namespace"),
        pytest.param(Selector("shop"), "shop-2", {}, False, id="whole name, not its beginning"),
        pytest.param(Selector("shop*"), "shop-2", {}, True, id="star"),
        pytest.param(Selector("shop*"), "shop", {}, True, id="star for nothing"),
        pytest.param(Selector("shop-?"), "shop-2", {}, True, id="question mark"),
        pytest.param(Selector("shop-?"), "shop-", {}, False, id="question mark is one character"),
        pytest.param(Selector("*"), "anything", {}, True, id="every namespace"),
        pytest.param(Selector("shop-[12]"), "shop-1", {}, False, id="brackets are no wildcard"),
        pytest.param(Selector("a.c"), "abc", {}, False, id="a dot is a dot"),
        pytest.param(Selector("shop", {"run": "fargate"}), "shop", {"run": "fargate", "x": "y"}, True, id="label among others"),
        pytest.param(Selector("shop", {"run": "fargate"}), "shop", {}, False, id="label missing"),
        pytest.param(Selector("shop", {"a": "1", "b": "2"}), "shop", {"a": "1"}, False, id="all labels must match"),
        pytest.param(Selector("shop", {"ru?": "far*"}), "shop", {"run": "fargate"}, True, id="wildcards in key and value"),
        pytest.param(Selector("shop", {"*": "1"}), "shop", {"a": "2", "b": "1"}, True, id="any key with that value"),
        pytest.param(Selector("shop", {"a*": "1"}), "shop", {"a1": "2", "b": "1"}, False, id="key and value of one and the same label"),
    ],
)
def test_selectors(selector: Selector, namespace: str, labels: dict[str, str], matches: bool) -> None:
    """A selector takes a pod whose namespace and labels match all its patterns."""
    assert selector.matches(namespace, labels) is matches


def test_first_name_wins() -> None:
    """The alphanumerically first of several matching profiles takes the pod."""
    both = [Profile("zoo", selectors=(Selector("*"),)), Profile("all", selectors=(Selector("*"),))]
    assert profile_for(both, "shop", {}) == "all"


def test_label_names_the_profile() -> None:
    """A pod's label chooses among the profiles that match it."""
    both = [Profile("zoo", selectors=(Selector("*"),)), Profile("all", selectors=(Selector("*"),))]
    assert profile_for(both, "shop", {"eks.amazonaws.com/fargate-profile": "zoo"}) == "zoo"


def test_label_of_a_profile_that_does_not_match_is_ignored() -> None:
    """The label alone does not bring a pod to Fargate."""
    assert profile_for([SHOP], "other", {"eks.amazonaws.com/fargate-profile": "shop"}) is None


@pytest.mark.parametrize("status", ["CREATING", "DELETING", "CREATE_FAILED", "DELETE_FAILED"])
def test_profile_that_is_not_active_takes_nothing(status: str) -> None:
    """Only an active profile takes pods."""
    assert profile_for([Profile("shop", status, (Selector("shop"),))], "shop", {}) is None


def test_namespaces_with_their_profiles() -> None:
    """Each namespace or pattern is shown with every active profile that names it."""
    more = [
        SHOP,
        Profile("batch", selectors=(Selector("shop", {"a": "b"}), Selector("jobs-*"))),
        Profile("old", "DELETING", (Selector("x"),)),
    ]
    assert namespaces(more) == {"jobs-*": ["batch"], "shop": ["batch", "shop"]}


def test_pods_without_a_profile_are_found() -> None:
    """A pod that waits for Fargate and matches no profile is found; a pod with a node or a profile is not."""
    lost, waits, runs = waiting("lost", namespace="gone"), waiting("waits"), pod("runs", namespace="gone")
    assert [found.metadata.name for found in unmatched([lost, waits, runs], [SHOP])] == ["lost"]
