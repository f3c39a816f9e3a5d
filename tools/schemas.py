"""JSON schemas of the documents that Fargatecount writes: `python -m tools.schemas` writes docs/schemas.

`tools.documents` lists each document that other programs may read. Its schema comes from its type. Beside the schemas stand the promises,
docs/schemas/promised: every key of a released document, with its JSON types. A key that is renamed or dropped stays promised: a test fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tools.documents import DOCUMENTS

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"
PROMISES = FOLDER / "promised"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The dialect that msgspec writes (https://jcristharif.com/msgspec/jsonschema.html)."""

Keys = Mapping[str, str]
"""JSON types, such as `null or string`, by path, such as `scopes[].total.vcpu`; the values of a map have the key `*`."""
OR = " or "


def name_of(document: type[msgspec.Struct]) -> str:
    """Return the name of a document's files: `usage` for `fargatecount/usage`."""
    return str(_default(document, "schema")).removeprefix("fargatecount/")


def schema_of(document: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON schema of a document.

    A key is required if it is always written. msgspec requires only the keys without a default, because it describes what can be read.
    """
    (root,), components = msgspec.json.schema_components([document])
    for struct in _structs(msgspec.inspect.type_info(document)):
        always = [field.encode_name for field in struct.fields if not _may_be_absent(field)]
        components[struct.cls.__name__]["required"] = always
    own = components[document.__name__]
    for name in ("schema", "version"):
        own["properties"][name] = {"const": _default(document, name)}
    return {"$schema": DIALECT, "title": _default(document, "schema"), **root, "$defs": dict(sorted(components.items()))}


def keys_of(schema: Mapping[str, Any]) -> Keys:
    """Return every key that a document of this schema can have, with the JSON types of its values."""
    found: dict[str, set[str]] = {}
    for path, kind in _walk(schema, schema, ""):
        found.setdefault(path, set()).add(kind)
    return {path: OR.join(sorted(kinds)) for path, kinds in sorted(found.items())}


def broken(promise: Keys, keys: Keys) -> list[str]:
    """Return how `keys` break a promise: a key that is gone, or one that may have a value of a type that was not promised."""
    gone = [f"{path} is gone" for path in promise if path not in keys]
    changed = [
        f"{path} may be {kind}"
        for path, kinds in promise.items()
        if path in keys
        for kind in keys[path].split(OR)
        if kind not in _readable(kinds.split(OR))
    ]
    return gone + changed


def promise_of(name: str) -> Keys:
    """Return the keys that are promised; none for a new document."""
    path = PROMISES / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.exists() else {}


def text(value: Mapping[str, Any]) -> str:
    """Return a file's content."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def files() -> Iterator[tuple[Path, str]]:
    """Yield every file of docs/schemas with the content that it has to have."""
    for document in DOCUMENTS:
        name, schema = name_of(document), schema_of(document)
        yield FOLDER / f"{name}.json", text(schema)
        yield PROMISES / f"{name}.json", text(dict(sorted({**keys_of(schema), **promise_of(name)}.items())))


def _default(document: type[msgspec.Struct], name: str) -> Any:
    return next(field.default for field in msgspec.structs.fields(document) if field.encode_name == name)


def _structs(info: msgspec.inspect.Type, seen: frozenset[type] = frozenset()) -> Iterator[msgspec.inspect.StructType]:
    match info:
        case msgspec.inspect.StructType(cls=cls, fields=fields) if cls not in seen:
            yield info
            for field in fields:
                yield from _structs(field.type, seen | {cls})
        case msgspec.inspect.UnionType(types=types):
            for each in types:
                yield from _structs(each, seen)
        case msgspec.inspect.DictType(value_type=value):
            yield from _structs(value, seen)
        case msgspec.inspect.CollectionType(item_type=item):
            yield from _structs(item, seen)


def _may_be_absent(field: msgspec.inspect.Field) -> bool:
    """Return whether a field can be unset: its default is then UNSET, which msgspec reports as no default."""
    return not field.required and field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT


def _readable(kinds: list[str]) -> set[str]:
    """Return the types that a reader of `kinds` can read: an integer is a number."""
    return {*kinds, "integer"} if "number" in kinds else set(kinds)


def _walk(part: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    if "$ref" in part:
        yield from _walk(schema["$defs"][part["$ref"].rpartition("/")[2]], schema, path)
    elif "anyOf" in part:
        for each in part["anyOf"]:
            yield from _walk(each, schema, path)
    else:
        if path:
            yield path, _kind(part)
        for name, each in part.get("properties", {}).items():
            yield from _walk(each, schema, f"{path}.{name}".removeprefix("."))
        for key, suffix in (("additionalProperties", ".*"), ("items", "[]")):
            if isinstance(part.get(key), Mapping):
                yield from _walk(part[key], schema, path + suffix)
        for number, each in enumerate(part.get("prefixItems", ())):
            yield from _walk(each, schema, f"{path}[{number}]")


def _kind(part: Mapping[str, Any]) -> str:
    values = [part["const"]] if "const" in part else part.get("enum", ())
    if not values:
        return str(part.get("type", "any"))
    return "string" if all(isinstance(value, str) for value in values) else "integer"


if __name__ == "__main__":
    PROMISES.mkdir(parents=True, exist_ok=True)
    for path, content in list(files()):
        path.write_text(content)
