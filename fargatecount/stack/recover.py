"""The settings of a stack whose template has them as fixed values, as release 0.1.0 deployed it.

Pure. Both templates have the same resources at the same places. Where the new one refers to a parameter and the old one has a value, that
value is the setting. So an upgrade keeps what was set, without a list of places that would have to be kept right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fargatecount.errors import MisconfiguredError

_HOLE = re.compile(r"\$\{([\w:.!]+)\}")


def recover_settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """Return the values in `old` of those parameters of `new` that `old` does not have.

    Raises:
        MisconfiguredError: the old template has two values for one parameter.
    """
    wanted = set(new["Parameters"]) - set(old.get("Parameters", {}))
    found: dict[str, str] = {}
    for part in ("Resources", "Outputs"):
        for name, text in _pairs(old.get(part, {}), new[part], new["Conditions"]):
            if name not in wanted:
                continue
            if found.setdefault(name, text) != text:
                raise MisconfiguredError(
                    f"the deployed template has both {found[name]!r} and {text!r} for {name}, so its setting is not known",
                    remedy=f"name the value: --set {name[0].lower()}{name[1:]}=VALUE",
                )
    return found


def _pairs(old: Any, new: Any, conditions: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each reference of the new template to a name, with the value at the same place of the old one."""
    if isinstance(new, list):
        for one, other in _matched(old, new):
            yield from _pairs(one, other, conditions)
    elif isinstance(new, dict):
        key: str
        inner: Any
        key, inner = next(iter(new.items())) if len(new) == 1 else ("", None)
        if key == "Ref":
            if isinstance(old, str | int | float):
                yield inner, _text(old)
        elif key == "Fn::Sub":
            yield from _holes(old.get("Fn::Sub", "") if isinstance(old, dict) else old, inner)
        elif key == "Fn::If" and not isinstance(old, dict | list):
            yield from _chosen(old, inner, conditions)
        elif isinstance(old, dict):
            for name in new.keys() & old.keys():
                yield from _pairs(old[name], new[name], conditions)


def _chosen(old: Any, choice: list[Any], conditions: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the setting that decides between two values, by the value that the old template has there."""
    name, *branches = choice
    if branches == [True, False] and isinstance(old, bool):
        reference, truth = conditions[name]["Fn::Equals"]
        yield reference["Ref"], truth if old else "false"
    elif isinstance(old, str) and all(isinstance(one, dict) and "Fn::Sub" in one for one in branches):
        # A name that had no setting of its own: the new one is empty, and the name stays.
        yield conditions[name]["Fn::Not"][0]["Fn::Equals"][0]["Ref"], ""


def _matched(old: Any, new: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the parts of two lists that belong together: statements of the same name, else those at the same place."""
    if not isinstance(old, list):
        return
    named = {one["Sid"]: one for one in old if isinstance(one, dict) and "Sid" in one}
    for place, other in enumerate(new):
        if isinstance(other, dict) and "Sid" in other:
            if other["Sid"] in named:
                yield named[other["Sid"]], other
        elif place < len(old):
            yield old[place], other


def _holes(old: Any, new: Any) -> Iterator[tuple[str, str]]:
    if isinstance(new, list):
        new = new[0]
        old = old[0] if isinstance(old, list) else old
    if not isinstance(old, str):
        return
    pattern, names, end = "", [], 0
    for hole in _HOLE.finditer(new):
        literal = hole[1].startswith("!") or "." in hole[1] or hole[0] in old
        pattern += re.escape(new[end : hole.start()]) + (re.escape(hole[0]) if literal else "(.*?)")
        names += [] if literal else [hole[1]]
        end = hole.end()
    match = re.fullmatch(pattern + re.escape(new[end:]), old, re.DOTALL)
    if match is not None:
        yield from zip(names, match.groups(), strict=True)


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
