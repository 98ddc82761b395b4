"""report.html: the comparison as one self-contained page that loads nothing.

    page.py          the page: what each section is given
    environment.py   templates that escape everything, and the policy that every page starts with
    opening.py       the first screen: the verdict in a sentence, gain, losses, and how sure they are
    scale.py         where deltas and their intervals stand on one common scale
    strata.py        the heat map of strata
    answer_sets.py   the creativity panel: answers to the same prompts, set beside set
    habits.py        rigidity of form: skeletons of answers, over-used phrases
    inline_svg.py    a plot's SVG as a part of the page: a safe subset, in the page's colours

The templates stand beside this package, a section in each file: templates/report.html.j2 has their order.
"""

from __future__ import annotations

from forgetbench.report.html.environment import PREAMBLE, preamble, template_environment
from forgetbench.report.html.page import Panels, html_report
from forgetbench.report.html.scale import delta_bars

__all__ = ["PREAMBLE", "Panels", "delta_bars", "html_report", "preamble", "template_environment"]
