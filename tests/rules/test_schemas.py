"""The published schemas are those of the code, and what a released document has stays in it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tools.documents import DOCUMENTS
from tools.schemas import FOLDER, PROMISES, broken, files, keys_of, name_of, promise_of, schema_of

NAMES = [name_of(document) for document in DOCUMENTS]


class Inner(msgspec.Struct):
    total: int
    reason: str | None = None


class Sample(msgspec.Struct):
    parts: list[Inner]
    by_name: dict[str, Inner]
    note: str | msgspec.UnsetType | None = msgspec.UNSET
    schema: str = "fargatecount/sample"
    version: int = 1


@pytest.mark.parametrize(("path", "content"), list(files()), ids=[str(path.relative_to(FOLDER)) for path, _ in files()])
def test_the_files_are_what_the_code_says(path: Path, content: str) -> None:
    """Each schema and each promise is what `python -m tools.schemas` writes."""
    assert path.read_text() == content


def test_no_file_is_left_from_a_document_that_is_gone() -> None:
    """Every file in docs/schemas belongs to a document of the registry."""
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(path.stem for path in PROMISES.glob("*.json")) == sorted(NAMES)


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_a_document_only_gains_keys(document: type[msgspec.Struct]) -> None:
    """No promised key is renamed or dropped, and none gets values of another type, null included."""
    assert broken(promise_of(name_of(document)), keys_of(schema_of(document))) == []


def test_every_key_that_is_always_written_is_required() -> None:
    """A key with a default is always written; only one that may be unset is optional."""
    schema = schema_of(Sample)
    assert schema["$defs"]["Sample"]["required"] == ["parts", "by_name", "schema", "version"]
    assert schema["$defs"]["Inner"]["required"] == ["total", "reason"]
    assert schema["$defs"]["Sample"]["properties"]["version"] == {"const": 1}


def test_keys_are_found_in_lists_and_maps() -> None:
    """The path of a key names the lists and maps on the way to it."""
    assert keys_of(schema_of(Sample)) == {
        "by_name": "object",
        "by_name.*": "object",
        "by_name.*.reason": "null or string",
        "by_name.*.total": "integer",
        "note": "null or string",
        "parts": "array",
        "parts[]": "object",
        "parts[].reason": "null or string",
        "parts[].total": "integer",
        "schema": "string",
        "version": "integer",
    }


@pytest.mark.parametrize(
    ("promise", "keys", "found"),
    [
        pytest.param({"a": "string"}, {"a": "string", "b": "null"}, [], id="a new key"),
        pytest.param({"a": "string"}, {"b": "string"}, ["a is gone"], id="a renamed key"),
        pytest.param({"a": "string"}, {"a": "null or string"}, ["a may be null"], id="null where none was"),
        pytest.param({"a": "null or string"}, {"a": "string"}, [], id="never null any more"),
        pytest.param({"a": "number"}, {"a": "integer"}, [], id="an integer is a number"),
        pytest.param({"a": "integer"}, {"a": "number"}, ["a may be number"], id="a number is no integer"),
    ],
)
def test_what_breaks_a_promise(promise: dict[str, str], keys: dict[str, str], found: list[str]) -> None:
    """Readers of the promised keys can read a document that only gained keys or lost types."""
    assert broken(promise, keys) == found
