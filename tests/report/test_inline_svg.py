"""A plot in the page: only what is listed goes in, ids keep apart, colours follow the page."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import report_samples as samples
from hostile_outputs import TAGS

from forgetbench.report import plots
from forgetbench.report.html.inline_svg import inline_svg

HOSTILE = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="alert(1)"
 width="9" height="9" viewBox="0 0 9 9">
<style>* { background: url(https://evil.example/) }</style><script>alert(2)</script>
<a href="javascript:alert(3)"><rect width="1" height="1"/></a>
<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="alert(4)"/></body></foreignObject>
<image href="https://evil.example/x.png"/><use xlink:href="https://evil.example/x.svg#a"/><use xlink:href="#a"/>
<animate attributeName="href" to="javascript:alert(5)"/>
<path id="a" d="M0 0 L9 9" style="fill: url(https://evil.example/); stroke: #222222; stroke-width: 2;
 -moz-binding: url(#b)" onclick="alert(6)" clip-path="url(#c)"/>
<text style="font: bold 10px 'DejaVu Sans'; fill: #555555">&lt;b&gt; 5 &amp; 6</text></svg>"""


def test_only_the_safe_subset_comes_through() -> None:
    shown = str(inline_svg(HOSTILE, "plot", 'what "it" shows'))
    for bad in ("alert", "evil", "script", "foreign", "image", "animate", "style", "moz", "url(https"):
        assert bad not in shown
    root = ElementTree.fromstring(shown)
    assert [node.tag for node in root.iter()] == ["svg", "use", "use", "path", "text"]
    assert root.get("aria-label") == 'what "it" shows'
    assert [node.attrib for node in root.iter("use")] == [{}, {"href": "#plot-a"}]
    (path,) = root.iter("path")
    assert path.attrib == {
        "d": "M0 0 L9 9", "id": "plot-a", "clip-path": "url(#plot-c)", "stroke-width": "2", "class": "stroke-ink"
    }  # fmt: skip
    (text,) = root.iter("text")
    assert (text.text, text.get("class"), text.get("font-size")) == ("<b> 5 & 6", "fill-muted", "10")


def test_what_is_no_svg_is_refused() -> None:
    for other in (b"<svg/>", b"<html></html>", b"no", b""):
        with pytest.raises(ValueError, match="no SVG"):
            inline_svg(other, "plot", "")


def test_the_plots_keep_their_text_and_their_ids_apart() -> None:
    made = samples.comparison()
    flow = str(inline_svg(plots.flow_svg(made)["flow"], "flow", "flow"))
    outcomes = str(inline_svg(plots.outcomes_svg(made), "outcomes", "outcomes"))
    assert ">wrong before</text>" in flow
    assert ">knowledge_open</text>" in outcomes
    ids = [
        {node.get("id") for node in ElementTree.fromstring(svg).iter() if node.get("id")} for svg in (flow, outcomes)
    ]
    assert ids[1]
    assert ids[0].isdisjoint(ids[1])
    assert {node.tag.lower() for svg in (flow, outcomes) for node in ElementTree.fromstring(svg).iter()} <= TAGS
