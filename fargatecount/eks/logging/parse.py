"""Fluent Bit's classic configuration, as sections with line numbers.

https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/classic-mode/format-schema
"""

from __future__ import annotations

import re

import msgspec

_SECTION = re.compile(r"\[\s*([A-Za-z_]+)\s*\]")


class Pair(msgspec.Struct, frozen=True):
    """A key and its value."""

    key: str
    value: str
    line: int
    indent: str


class Section(msgspec.Struct, frozen=True):
    """A section, such as [OUTPUT]; `kind` in upper case."""

    kind: str
    line: int
    indent: str
    pairs: tuple[Pair, ...] = ()

    def get(self, key: str) -> Pair | None:
        """Return the pair of a key; keys are case-insensitive. The last one counts."""
        return next((pair for pair in reversed(self.pairs) if pair.key.lower() == key.lower()), None)

    @property
    def plugin(self) -> str:
        """The plugin's name in lower case; empty without one."""
        named = self.get("name")
        return named.value.lower() if named else ""


class Stray(msgspec.Struct, frozen=True):
    """A line that belongs to no section: a pair before the first, or a command such as @INCLUDE."""

    text: str
    line: int


class Parsed(msgspec.Struct, frozen=True):
    """One file of the configuration."""

    sections: tuple[Section, ...] = ()
    strays: tuple[Stray, ...] = ()


def parse(text: str) -> Parsed:
    """Return the sections of a file; comments and blank lines are left out."""
    sections: list[Section] = []
    strays: list[Stray] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        indent = raw[: len(raw) - len(raw.lstrip())]
        if not line or line.startswith("#"):
            continue
        if found := _SECTION.fullmatch(line):
            sections.append(Section(found[1].upper(), number, indent))
        elif line.startswith("@") or not sections:
            strays.append(Stray(line, number))
        else:
            key, _, value = line.partition(" ")
            pair = Pair(key, value.strip(), number, indent)
            sections[-1] = msgspec.structs.replace(sections[-1], pairs=(*sections[-1].pairs, pair))
    return Parsed(tuple(sections), tuple(strays))


def write(sections: tuple[Section, ...]) -> str:
    """Return a file with these sections, in the indentation of AWS's examples."""
    blocks = [
        "\n".join([f"[{section.kind}]", *(f"    {pair.key} {pair.value}".rstrip() for pair in section.pairs)]) for section in sections
    ]
    return "".join(f"{block}\n" for block in blocks)
