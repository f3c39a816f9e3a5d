"""Decoding a pod's JSON, also if parts of it cannot be decoded."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fargatecount.eks.decode import decode_pod
from fargatecount.eks.pod import Owner
from fargatecount.eks.workload import observe
from fargatecount.errors import MalformedError
from fargatecount.workload import Phase, SourceRank
from tests.support.builders import NOW, PODS
from tests.support.pods import pod_json

MARK = "MARK"


def damaged(replacement: bytes, **changes: Any) -> bytes:
    """Return a pod's JSON with bytes in place of the string MARK, quotes included."""
    return msgspec.json.encode(pod_json(**changes)).replace(b'"MARK"', replacement)


NESTED = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(damaged(b'"\xff"', labels={"a": MARK}), id="a label that is not UTF-8"),
        pytest.param(damaged(b"7", labels={"a": MARK}), id="a label of another type"),
        pytest.param(damaged(b"1e400", requests=({"cpu": MARK},)), id="a number beyond any float"),
        pytest.param(damaged(b"9" * 5000, requests=({"cpu": MARK},)), id="a number of 5,000 digits"),
        pytest.param(damaged(b'"\xff"', size=MARK), id="an annotation that is not UTF-8"),
        pytest.param(damaged(b'"the day after tomorrow"', owners=MARK), id="owners of another type"),
    ],
)
def test_pod_that_cannot_be_decoded_whole_is_counted(text: bytes) -> None:
    """Identity and phase are enough to count a pod; size and owner are then unknown rather than guessed."""
    pod = decode_pod(text)
    seen = observe(pod, PODS, epoch=1, source=SourceRank.API, at=NOW)
    assert pod.unread
    assert seen is not None
    assert (seen.workload_id, seen.version, seen.phase) == ("uid-web-1", 10, Phase.RUNNING)
    assert (seen.facts.cpu, seen.facts.memory, seen.facts.group) == (None, None, None)


def test_deletion_mark_survives() -> None:
    """A pod that cannot be decoded whole and is being deleted is stopping."""
    pod = decode_pod(damaged(b"7", labels={"a": MARK}, deleting=True))
    seen = observe(pod, PODS, epoch=1, source=SourceRank.API, at=NOW)
    assert seen is not None
    assert seen.phase is Phase.STOPPING


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"metadata": 5, "spec": {}}', id="no identity"),
        pytest.param(damaged(b'"\\ud800"', labels={"a": MARK}), id="a lone surrogate, which is not JSON to the decoder"),
        pytest.param(damaged(b'"\xff"', uid=MARK), id="a uid that is not UTF-8"),
        pytest.param(b'{"metadata": ' + NESTED + b"}", id="nesting beyond the stack"),
        pytest.param(b'{"unknown": ' + NESTED + b"}", id="nesting in a field that is skipped"),
    ],
)
def test_pod_without_an_identity_is_malformed(text: bytes) -> None:
    """An object without a usable identity is refused with a short reason."""
    with pytest.raises(MalformedError, match="cannot be decoded") as refused:
        decode_pod(text)
    assert len(str(refused.value)) < 300


def test_decoded_pod_has_a_bounded_size() -> None:
    """Whatever a user writes, a decoded pod keeps the beginning of it, because thousands are in memory together."""
    endless = "x" * 450_000
    text = msgspec.json.encode(
        pod_json(
            owners=({"kind": "Job", "name": endless},),
            labels={f"label-{number:05}": "v" for number in range(20_000)},
            conditions=({"type": "PodScheduled", "status": "False", "message": endless},),
        )
    )
    assert len(msgspec.json.encode(decode_pod(text))) < 10_000


def test_whole_pod_has_no_mark() -> None:
    """A pod that is decoded whole is not marked."""
    assert decode_pod(msgspec.json.encode(pod_json())).unread == ""


def test_owner_shape_keeps_the_api_names() -> None:
    """The decoded names are the API's own."""
    assert msgspec.json.decode('{"kind": "Job", "name": "j", "controller": true}', type=Owner) == Owner("Job", "j", True)
