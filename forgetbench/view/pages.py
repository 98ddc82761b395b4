"""The view's own pages as HTML: home, a base with all its candidates, a trajectory, and what went wrong."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup

from forgetbench.messages import HTML_TAGS, language
from forgetbench.report import wording
from forgetbench.report.html import template_environment
from forgetbench.view.catalogue import Catalogue
from forgetbench.view.groups import Group, by_verdict, domain_row, grouped
from forgetbench.view.trajectories import Trajectory, drawn

_TEMPLATES: Final = Path(__file__).parent / "templates"


class Pages:
    """Every page of one results folder."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._environment = _environment()

    def home(self) -> str:
        comparisons, runs = self._catalogue.comparisons(), self._catalogue.runs()
        trajectories = self._catalogue.trajectories()
        return self._render(
            "home.html.j2",
            results=str(self._catalogue.root),
            n_comparisons=len(comparisons.sound),
            groups=grouped(comparisons.sound),
            runs=runs.sound,
            trajectories=trajectories.sound,
            broken=(*comparisons.broken, *runs.broken, *trajectories.broken),
        )

    def group(self, group: Group, browser: Markup) -> str:
        """All candidates of a base at once, with a browser of their flips."""
        return self._render("group.html.j2", group=group, browser=browser)

    def trajectory(self, name: str, trajectory: Trajectory) -> str:
        picture = f"data:image/svg+xml;base64,{b64encode(drawn(trajectory)).decode()}"
        domains = tuple(dict.fromkeys(domain for point in trajectory.points for domain in point.domains))
        return self._render("trajectory.html.j2", name=name, trajectory=trajectory, domains=domains, picture=picture)

    def failure(self, title: str, reason: str) -> str:
        return self._render("failure.html.j2", title=title, reason=reason)

    def style(self) -> str:
        return self._render("view.css.j2")

    def _render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(lang=HTML_TAGS[language()], **values)


def _environment() -> Environment:
    environment = template_environment(_TEMPLATES)
    environment.globals.update(verdicts=wording.VERDICTS)
    environment.filters.update(by_verdict=by_verdict, domain=domain_row)
    return environment
