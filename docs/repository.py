"""The repository's own files as pages of the site: README.md is its first page, and what a page links to comes along.

A link in README.md or in docs/ is written as GitHub reads it, relative to the file it stands in. Where it leaves docs/,
the file that it names (data's sources, a published report, a module) is put into the site below repository/, with what
that file links to in turn, and the link is turned there.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, normpath, relpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
FIRST_PAGES = {"README.md": "index.md", "README.zh-CN.md": "zh-CN.md"}
ELSEWHERE = "repository/"
LINK = re.compile(r"(?<=\]\()(?P<path>[^()\s#:]+)(?=[)#\s])")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the first pages, and whatever pages link to outside docs/."""
    from mkdocs.structure.files import File, InclusionLevel

    for path, page in FIRST_PAGES.items():
        if (ROOT / path).is_file():
            files.append(File.generated(config, page, abs_src_path=str(ROOT / path)))
    waiting = [file.src_uri for file in files.documentation_pages()]
    while waiting:
        page = waiting.pop()
        for path in _linked(_path_of(page)):
            if files.get_file_from_path(_page_of(path)) is None:
                added = File.generated(
                    config, _page_of(path), abs_src_path=str(ROOT / path), inclusion=InclusionLevel.NOT_IN_NAV
                )
                files.append(added)
                waiting += [added.src_uri] if added.is_documentation_page() else []
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into links between pages."""
    here = page.file.src_uri

    def turned(link: re.Match[str]) -> str:
        path = _path(_path_of(here), link["path"])
        return relpath(_page_of(path), dirname(here)) if (ROOT / path).is_file() else link["path"]

    return LINK.sub(turned, markdown)


def _linked(path: str) -> list[str]:
    """The files of the repository that a Markdown file links to."""
    links = (_path(path, link["path"]) for link in LINK.finditer((ROOT / path).read_text(encoding="utf-8")))
    return [link for link in links if not link.startswith("..") and (ROOT / link).is_file()]


def _path(source: str, link: str) -> str:
    return normpath(f"{dirname(source)}/{link}".lstrip("/"))


def _page_of(path: str) -> str:
    return FIRST_PAGES.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else ELSEWHERE + path)


def _path_of(page: str) -> str:
    for path, first in FIRST_PAGES.items():
        if page == first:
            return path
    return page.removeprefix(ELSEWHERE) if page.startswith(ELSEWHERE) else f"docs/{page}"
