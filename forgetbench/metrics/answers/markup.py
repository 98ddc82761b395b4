"""A reply without its markup: Markdown, HTML, LaTeX and the marks of a final result, as plain lines.

Own patterns in place of a LaTeX parser: math-verify and latex2sympy2_extended bring SymPy and ANTLR, seconds to import,
and build what a hostile reply writes; here a fraction, a box and the signs around a number are all that is needed.
"""

from __future__ import annotations

import re

from forgetbench.metrics.text import fold

BOX, UNBOX = "\u27e6", "\u27e7"
r"""What stands between them was marked as the final result: `\boxed{...}`, `#### ...`."""

_BLANKS = re.compile(r"\s{2,}")
_SUPERSCRIPT = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207a\u207b]+")
_SMALL_FRACTION = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{1,4}[\u2044/][\u2080-\u2089]{1,4}")
_SUBSCRIPT = re.compile("[\u2080-\u2089]+|(?<=\\d)_(?:\\{\\d{1,2}\\}|\\d{1,2})(?![\\d_])")
_VULGAR = re.compile("(?<=\\d)(?=[\u00bc-\u00be\u2150-\u215e])")
_DASHES = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2012": "-", "\u2044": "/", "\u00a0": " ", "\u202f": " "})
_ARROWS = re.compile(
    r"\\(?:long)?(?:right|Right|maps)?(?:arrow|to)\b|\\implies\b|[-=\u2013\u2014]{1,3}>"
    "|[\u2192\u21d2\u27f6\u27f9\u279c\u279d\u279e\u21a6\u2794\u27a1\u25ba\u2b95]\ufe0f?"
)
_HTML_BREAK = re.compile(r"</?(?:br|p|div|li|tr)\b[^<>\n]{0,60}>", re.IGNORECASE)
_HTML = re.compile(
    r"</?(?:b|i|u|em|strong|code|span|mark|pre|sup|sub|math|answer|font|big)\b[^<>\n]{0,60}>", re.IGNORECASE
)
_BOX = re.compile(r"\\f?boxed\s{0,4}\{((?:[^{}\n]|\{[^{}\n]{0,80}\}){0,200})\}")
_HASHES = re.compile(r"^[ \t]*####[ \t]{0,4}(?=[-+$\d])([^\n]{1,80})$", re.MULTILINE)
_FRACTION = re.compile(r"(\d)?\\[dtc]?frac\s{0,2}(?:\{([^{}\n]{1,40})\}|(\d))\s{0,2}(?:\{([^{}\n]{1,40})\}|(\d))")
_WRAPPED = re.compile(
    r"\\(?:text|textbf|textit|texttt|mathbf|mathrm|mathit|emph|operatorname|bf)\s?\{([^{}\n]{0,120})\}"
)
_LATEX_SIGNS = {
    r"\times": "\u00d7", r"\cdot": "\u00d7", r"\div": "\u00f7", r"\approx": "\u2248", r"\%": "%", r"\$": "$",
    "{,}": ",", r"\#": "#", r"\_": "_", r"\pm": "\u00b1",
}  # fmt: skip
_LATEX_SPACE = re.compile(r"\\(?:[,;:! ]|q?quad\b|left\b|right\b|displaystyle\b|[()\[\]])|\$\$")
_EXPONENT = re.compile(r"\^\s?\{\s?([-+]?\d{1,6})\s?\}")
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")
_STRONG = re.compile(
    r"(?<![\w*])\*\*\*?(?=\S)|(?<=\S)\*\*\*?(?![\w*])|(?<=[^\w\s*])\*\*|\*\*(?=[^\w\s*])|(?<!\w)__(?=\S)"
    r"|(?<=\S)__(?!\w)"
)
_EMPHASIS = re.compile(r"(?<![\w*)])([*_])(?=[^\s*_])([^*_\n]{1,120})(?<=[^\s*_])\1(?![\w*])")
_LINE_START = re.compile(r"^[ \t]*(?:>[ \t]?)*(?:#{1,6}[ \t]+|[-*\u2022\u00b7\u25cf][ \t]+)?", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*```[\w+-]{0,20}[ \t]*$", re.MULTILINE)
_CELLS = re.compile(r"^[ \t]*\|[ \t]*|[ \t]*\|[ \t]*$", re.MULTILINE)
_CLOCK_HALF = re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE)


def unmarked(text: str) -> str:
    r"""`text` as plain lines in compatibility form, its arrows as '->', its fractions as 'a/b', its powers as 'a^b'.

    Emphasis, code ticks, tags, headings and bullets go, and what is struck out goes with its marks. What `\boxed{}` or
    a line of '#### ' holds stands between `BOX` and `UNBOX`.
    """
    text = _BLANKS.sub(lambda run: "\n" if "\n" in run.group() else " ", text)
    text = _SMALL_FRACTION.sub(lambda found: fold(found.group()), text)
    text = _SUPERSCRIPT.sub(lambda power: "^" + fold(power.group()).translate(_DASHES), text)
    text = fold(_VULGAR.sub(" ", _SUBSCRIPT.sub("", text))).translate(_DASHES)
    text = text.replace(BOX, " ").replace(UNBOX, " ")
    text = _HTML.sub("", _HTML_BREAK.sub("\n", text))
    if "\\" in text or "{,}" in text:
        text = _without_latex(text)
    text = _HASHES.sub(rf"{BOX}\1{UNBOX}", text)
    text = _ARROWS.sub("->", _EXPONENT.sub(r"^\1", text))
    text = _FENCE.sub("", _STRUCK.sub(" ", text)).replace("`", "")
    text = _STRONG.sub("", text)
    text = _LINE_START.sub("", _EMPHASIS.sub(r"\2", text))
    return _CLOCK_HALF.sub(r"\1m", _CELLS.sub("", text))


def _without_latex(text: str) -> str:
    text = _LATEX_SPACE.sub(" ", text)
    for written, sign in _LATEX_SIGNS.items():
        text = text.replace(written, sign)
    text = _FRACTION.sub(_fraction, _WRAPPED.sub(r"\1", text))
    return _BOX.sub(rf" {BOX}\1{UNBOX} ", text)


def _fraction(match: re.Match[str]) -> str:
    whole, top, bottom = match[1], match[2] or match[3], match[4] or match[5]
    return f"{whole} {top}/{bottom}" if whole else f"{top}/{bottom}"
