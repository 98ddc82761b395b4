"""A plot's SVG as a part of the page: a safe subset of SVG, in the page's colours, its text as text.

Of what comes in only the elements and attributes listed here go out, so it does not matter what else a picture holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from markupsafe import Markup

_SVG: Final = "{http://www.w3.org/2000/svg}"
_XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS: Final = frozenset(
    "svg g defs path rect line circle polygon polyline text tspan use clipPath pattern".split()
)
_ATTRIBUTES: Final = frozenset(
    "d x y x1 x2 y1 y2 cx cy r rx ry width height points transform viewBox patternUnits patternTransform id "
    "fill stroke stroke-width stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin opacity fill-opacity "
    "stroke-opacity clip-path font-size font-weight font-style text-anchor".split()
)
_VALUE: Final = re.compile(r"[^<>&\"\\;:()]*|(?:[a-zA-Z]+\([^<>&\"\\;:()]*\)\s*)+")
"""No declaration of its own, no address; functions are those of transforms."""
_LOCAL: Final = re.compile(r"url\(#([\w-]+)\)")
_FONT: Final = re.compile(r"(?:(italic|oblique)\s+)?(?:(bold|\d00)\s+)?([\d.]+)px")
_THEME: Final = {
    "#222222": "ink", "#000000": "ink", "#555555": "muted", "#ffffff": "page", "#dddddd": "line", "#e4e4e4": "line",
    "#ececec": "zone",
}  # fmt: skip
"""Colours of the plots that follow the page's light or dark."""


def inline_svg(svg: bytes, name: str, label: str) -> Markup:
    """The SVG as an element for the page. `name` is put before its ids, `label` is what it shows, in words.

    Raises ValueError for what is no SVG.
    """
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - drawn by this package
    except ElementTree.ParseError as error:
        raise ValueError(f"no SVG: {error}") from error
    if root.tag != f"{_SVG}svg":
        raise ValueError("no SVG")
    kept = _copied(root, name)
    for size in ("width", "height"):
        kept.attrib.pop(size, None)
    kept.attrib.update({"class": "plot", "role": "img", "aria-label": label})
    return Markup(ElementTree.tostring(kept, encoding="unicode", method="html"))  # noqa: S704 - serialised, so escaped


def _copied(node: ElementTree.Element, name: str) -> ElementTree.Element:
    copy = ElementTree.Element(node.tag.removeprefix(_SVG), dict(_attributes(node, name)))
    if copy.tag in ("text", "tspan"):
        copy.text = node.text
    copy.extend(_copied(child, name) for child in node if child.tag.removeprefix(_SVG) in _ELEMENTS)
    return copy


def _attributes(node: ElementTree.Element, name: str) -> Iterator[tuple[str, str]]:
    """What is allowed of a node's attributes and of its style, colours as classes where they follow the page."""
    classes = []
    for key, value in (*node.attrib.items(), *_declared(node.get("style", ""))):
        if key == "id":
            if re.fullmatch(r"[\w-]+", value):
                yield key, f"{name}-{value}"
        elif key in (_XLINK_HREF, "href"):
            if re.fullmatch(r"#[\w-]+", value):
                yield "href", f"#{name}-{value[1:]}"
        elif key in ("fill", "stroke") and value in _THEME:
            classes.append(f"{key}-{_THEME[value]}")
        elif key in _ATTRIBUTES and (local := _LOCAL.fullmatch(value)):
            yield key, f"url(#{name}-{local[1]})"
        elif key in _ATTRIBUTES and _VALUE.fullmatch(value):
            yield key, value
    if classes:
        yield "class", " ".join(classes)


def _declared(style: str) -> Iterator[tuple[str, str]]:
    """The declarations of a style attribute, the font's parts each by itself."""
    for declaration in style.split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font" and (font := _FONT.match(value)):
            slant, weight, size = font.groups()
            yield from ((part, given) for part, given in _font(slant, weight, size) if given)
        else:
            yield key, value.removesuffix("px") if key == "font-size" else value


def _font(slant: str | None, weight: str | None, size: str) -> tuple[tuple[str, str | None], ...]:
    return ("font-style", slant), ("font-weight", weight), ("font-size", size)
