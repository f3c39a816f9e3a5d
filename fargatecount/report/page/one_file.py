"""One HTML file that loads nothing else: styles, scripts and a document in a template.

Names chosen by users reach the browser only as JSON inside one script element, and the browser shows them only as text. A content security
policy in the file allows only its own scripts and styles, by their hashes.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files

import msgspec

INERT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""Characters that could end a script element or open a comment in it, and line ends that older scripts do not allow. In JSON an escape is
the same text (https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements)."""


def one_file(
    template: str,
    document: msgspec.Struct,
    *,
    title: str,
    plain: str,
    styles: Sequence[str],
    scripts: Sequence[str],
    is_live: bool,
    **more: str,
) -> str:
    """Return the file.

    Args:
        template: HTML with `{{policy}}`, `{{title}}`, `{{styles}}`, `{{plain}}`, `{{data}}`, `{{scripts}}`, and names of `more`.
        document: What the scripts show.
        title: Text of the title.
        plain: HTML for readers without scripts.
        styles: Texts of the style elements.
        scripts: Texts of the script elements, in order.
        is_live: Whether the scripts may ask the server that the file came from.
        more: Other values of the template.
    """
    own = "'self'" if is_live else "'none'"
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hashes(scripts)}",
            f"style-src {_hashes(styles)}",
            "img-src data:",
            f"connect-src {own}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    values = {
        **more,
        "policy": escape(policy),
        "title": escape(title),
        "styles": "".join(f"<style>{text}</style>\n" for text in styles),
        "plain": plain,
        "data": inert(document),
        "scripts": "".join(f"<script>{text}</script>\n" for text in scripts),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], template)


def inert(document: msgspec.Struct) -> str:
    """Return a document as JSON that is safe inside a script element."""
    return re.sub("[<>&\u2028\u2029]", lambda match: INERT[match[0]], msgspec.json.encode(document).decode())


@cache
def part(package: str, name: str) -> str:
    """Return the text of an asset in the folder `assets` of a package."""
    return files(package).joinpath("assets", name).read_text(encoding="utf-8")


def _hashes(texts: Sequence[str]) -> str:
    return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts)
