"""The text of metrics, read by the official client's own parsers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from fargatecount.exporter.catalog import FAMILIES
from fargatecount.exporter.family import ExportedSample, Family, prefers_openmetrics, render

NAMED = Family(suffix="things_bytes", meaning="Things.", unit="bytes", labels=("name", "other"))
PLAIN = Family(suffix="alone", meaning="One.", labels=())
NAMES = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.dictionaries(st.tuples(NAMES, NAMES), st.floats(allow_nan=False, allow_infinity=False), max_size=5))
def test_any_name_and_number_comes_back(values: dict[tuple[str, str], float]) -> None:
    """Quotes, line ends and backslashes in a name end no line and open no other series, in both formats."""
    samples = [ExportedSample(NAMED, labels, value) for labels, value in values.items()]
    for parse, openmetrics in ((parse_openmetrics, True), (parse_text, False)):
        text = render([*samples, ExportedSample(PLAIN, (), 1)], openmetrics=openmetrics).decode()
        found = {
            (sample.labels["name"], sample.labels["other"]): sample.value
            for family in parse(text)
            for sample in family.samples
            if sample.name == NAMED.name
        }
        assert found == values


def test_families_stand_together() -> None:
    """Samples that were mixed are written family by family, each with its help, type and unit once."""
    mixed = [ExportedSample(NAMED, ("a", ""), 1), ExportedSample(PLAIN, (), 2), ExportedSample(NAMED, ("b", ""), 3)]
    assert render(mixed, openmetrics=True).decode().splitlines() == [
        "# HELP fargatecount_things_bytes Things.",
        "# TYPE fargatecount_things_bytes gauge",
        "# UNIT fargatecount_things_bytes bytes",
        'fargatecount_things_bytes{name="a",other=""} 1',
        'fargatecount_things_bytes{name="b",other=""} 3',
        "# HELP fargatecount_alone One.",
        "# TYPE fargatecount_alone gauge",
        "fargatecount_alone 2",
        "# EOF",
    ]


def test_a_surrogate_does_not_end_the_scrape() -> None:
    """A name that is no text at all is shown with a question mark."""
    assert b'name="?"' in render([ExportedSample(NAMED, ("\ud800", ""), 1)], openmetrics=False)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.suffix)
def test_names_follow_the_convention(family: Family) -> None:
    """A unit is a base unit and ends the name; no name ends as a counter's; help is one line without what a parser would unescape."""
    assert family.unit in {"", "bytes", "seconds", "ratio", "vcpu", "usd"}
    assert not family.unit or family.name.endswith(f"_{family.unit}")
    assert not family.name.endswith(("_total", "_count", "_sum", "_bucket", "_info")) or family.suffix == "build_info"
    assert not set(family.meaning) & {"\n", "\\", '"'}
    assert family.meaning.endswith(".")


def test_no_family_stands_twice() -> None:
    """A name identifies one family."""
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", True),
        ("text/plain", False),
        ("*/*", False),
        (None, False),
        ("application/openmetrics-text;q=0", False),
    ],
)
def test_the_format_is_what_the_scraper_prefers(accept: str | None, expected: bool) -> None:
    """Prometheus asks for OpenMetrics; a person's curl gets plain text."""
    assert prefers_openmetrics(accept) is expected
