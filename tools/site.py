"""Hooks of the documentation site (mkdocs.yml): what lies outside of docs/ and a page links to.

README, CONTRIBUTING, CHANGELOG and SECURITY become pages. A linked source file becomes a page with its text, a linked folder one with its
list of files. So every link of the repository's pages works in the site too, wherever the site is served.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "CONTRIBUTING.md", "CHANGELOG.md": "CHANGELOG.md", "SECURITY.md": "SECURITY.md"}
"""Pages at the root of the repository, and their place in the site."""
LINK = re.compile(r"(?<=\]\()([^)\s#]+)(#[^)\s]*)?(?=\))")


def on_config(config: Any) -> Any:
    """Put every decision into the sidebar, below the page that lists them."""
    found = sorted(f"adr/{path.name}" for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    sections = [pages for section in config.nav for pages in section.values() if isinstance(pages, list)]
    for page in (page for pages in sections for page in pages if "Decisions" in page):
        page["Decisions"] += found
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from outside of docs/, and a page for each source that any page links to."""
    texts = {f"docs/{file.src_uri}": file.content_string for file in files.documentation_pages()}
    texts |= {name: (ROOT / name).read_text() for name in PAGES}
    sources = {target for name, text in texts.items() for target in _targets(name, text) if _is_source(target)}
    for name, place in PAGES.items():
        files.append(File.generated(config, place, content=texts[name]))
    for source in sorted(sources):
        file = File.generated(config, _place(source), content=_source_page(source))
        file.inclusion = file.inclusion.NOT_IN_NAV
        files.append(file)
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return a page with its links outside of docs/ turned to their places in the site."""
    here = next((name for name, place in PAGES.items() if place == page.file.src_uri), f"docs/{page.file.src_uri}")
    if page.file.src_uri.startswith("source/"):
        return markdown

    def turned(match: re.Match[str]) -> str:
        target = _resolve(here, match[1])
        if "://" in match[1] or target is None:
            return match[0]
        return posixpath.relpath(_place(target), posixpath.dirname(page.file.src_uri) or ".") + (match[2] or "")

    return LINK.sub(turned, markdown)


def _targets(page: str, text: str) -> set[str]:
    return {target for link, _ in LINK.findall(text) if "://" not in link and (target := _resolve(page, link)) is not None}


def _resolve(page: str, link: str) -> str | None:
    """Return the path in the repository that a link of a page leads to; none if nothing is there, which mkdocs reports."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
    return path if (ROOT / path).exists() else None


def _is_source(path: str) -> bool:
    return path not in PAGES and not path.startswith("docs/")


def _place(path: str) -> str:
    """Return where something in the repository lies in the site."""
    if path in PAGES:
        return PAGES[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else f"source/{path}.md"


def _source_page(path: str) -> str:
    """Return a page with the text of a file, or with the names in a folder."""
    found = ROOT / path
    if found.is_dir():
        inside = [each for each in found.rglob("*") if each.is_file() and "__pycache__" not in each.parts]
        text = "\n".join(sorted(str(each.relative_to(found)) for each in inside))
    else:
        text = found.read_text()
    return f"---\nsearch:\n  exclude: true\n---\n# {path}\n\n````\n{text}\n````\n"
