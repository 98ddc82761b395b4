"""A lab as tables: lab.md for people, lab.csv for programs, findings.md for what was disputed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isnan
from pathlib import Path

import numpy as np

from forgetbench.lab.findings import Settled, Shown
from forgetbench.lab.matched import FEWEST_SEEDS, SHARES, Matched, MeanOverSeeds, Ranking, rank
from forgetbench.lab.paths import Lab, RecipePath, general_domains
from forgetbench.messages import translated as _
from forgetbench.records import TARGET
from forgetbench.report.markdown import escaped
from forgetbench.report.numbers import MISSING, decimals, interval, p_value, signed
from forgetbench.report.wording import title
from forgetbench.storage.csv_files import csv_text
from forgetbench.storage.files import write_atomic
from forgetbench.storage.json_files import to_json


def write_pages(lab: Lab, out: Path) -> None:
    """lab.csv, lab.md and the pictures, all made of `lab` alone. Raises as `write_atomic`."""
    from forgetbench.lab.plots import pareto, retention

    write_atomic(out / "lab.csv", lab_csv(lab))
    pictures = [*pareto(lab, out / "plots"), *retention(lab, out / "plots")] if lab.paths else []
    write_atomic(out / "lab.md", lab_markdown(lab, [path.name for path in pictures if path.suffix == ".png"]))


def write_findings(settled: Sequence[Settled], out: Path) -> None:
    """findings.json and findings.md. Raises as `write_atomic`."""
    write_atomic(out / "findings.json", to_json({"schema_version": 1, "findings": list(settled)}))
    write_atomic(out / "findings.md", findings_markdown(settled))


def lab_csv(lab: Lab) -> str:
    """A line per checkpoint."""
    domains = lab.domains
    header = ["recipe", "family", "seed", "engine", "at", "gain", "forgetting", "kl", "comparison_id"]
    header += [f"{domain}_{what}" for domain in domains for what in ("base", "candidate", "delta", "se")]
    return csv_text(header, (row for path in lab.paths for row in _csv_rows(path, domains)))


def _csv_rows(path: RecipePath, domains: Sequence[str]) -> Iterator[list[object]]:
    for point in path.points:
        row: list[object] = [path.recipe, path.family, path.seed, path.engine, point.at, point.gain]
        row += [point.forgetting(), point.kl, point.comparison_id]
        for domain in domains:
            change = point.domains.get(domain)
            row += [None] * 4 if change is None else [change.base, change.candidate, change.delta, change.se]
        yield row


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of cells that are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


# --- lab.md -----------------------------------------------------------------------------------


def lab_markdown(lab: Lab, plots: Sequence[str] = ()) -> str:
    """The ranking at each declared gain, every recipe's end, and the pictures."""
    parts = [f"# {_('Recipes at the same gain')}", _opening(lab)]
    parts += [f"![{name.removesuffix('.png')}](plots/{name})" for name in plots]
    return "\n\n".join([*parts, *ranking_sections(lab)]) + "\n"


def ranking_sections(lab: Lab) -> list[str]:
    """A section for each declared gain, and one for where recipes end."""
    rankings = [ranking for share in SHARES if (ranking := rank(lab, share)) is not None]
    lacking = _("No ranking: {reference} was not run, or gained nothing; --reference names another recipe.")
    return [
        *([_ranking(lab, ranking) for ranking in rankings] or [lacking.format(reference=escaped(lab.reference))]),
        _ends(lab),
    ]


def _opening(lab: Lab) -> str:
    seeds = sorted({path.seed for path in lab.paths})
    text = _(
        "{recipes} recipes, seeds {seeds}, {checkpoints} checkpoints on suite {suite}, all from one base. Scores are "
        "chance-corrected, in points of 100; intervals are Student's at 95 % over the seeds: they speak of other "
        "draws of data and order, and of this base and these items. Forgetting is the mean loss of {domains}."
    )
    return text.format(
        recipes=len(lab.recipes),
        seeds=", ".join(map(str, seeds)) or MISSING,
        checkpoints=sum(len(path.points) for path in lab.paths),
        suite=escaped(lab.suite),
        domains=", ".join(title(name) for name in general_domains(lab.domains)) or MISSING,
    )


def _ranking(lab: Lab, ranking: Ranking) -> str:
    reference = escaped(lab.reference)
    heading = _("At {share} % of the gain of {reference}").format(share=f"{100 * ranking.share:g}", reference=reference)
    told = _(
        "Forgetting where a path first reaches a gain of {gain} points, linear between the checkpoints on either "
        "side. The difference is paired by seed; p is adjusted by Holm over the recipes."
    ).format(gain=signed(ranking.gain).lstrip("+"))
    beside = [name for name in lab.domains if name != TARGET]
    header = [
        _("rank"), _("recipe"), _("forgetting"), *(title(name) for name in beside),
        _("less {reference}").format(reference=reference), "p", _("seeds"),
    ]  # fmt: skip
    rows = [_ranked_cells(lab, row, beside) for row in ranking.rows if row.rank is not None]
    unranked = [_unranked(row) for row in ranking.rows if row.rank is None]
    parts = [f"## {heading}", told, *([table(header, rows)] if rows else [])]
    if unranked:
        parts.append(_("Not ranked:") + "\n\n" + "\n".join(unranked))
    return "\n\n".join(parts)


def _ranked_cells(lab: Lab, row: Matched, domains: Sequence[str]) -> list[str]:
    what = next(path.what for path in lab.of(row.recipe).values())
    return [
        str(row.rank),
        f"**{escaped(row.recipe)}**: {escaped(what)}",
        mean_with_interval(row.forgetting),
        *(signed(row.domains[name].mean) if name in row.domains else MISSING for name in domains),
        mean_with_interval(row.against),
        p_value(row.p_adjusted),
        str(len(row.reached)),
    ]


def _unranked(row: Matched) -> str:
    n, every = len(row.reached), len(row.reached) + len(row.missed) + len(row.beyond)
    if row.beyond:
        why = _("begins beyond the gain with {n} of {all} seeds").format(n=len(row.beyond), all=every)
    elif row.missed:
        why = _("reached the gain with {n} of {all} seeds").format(n=n, all=every)
    else:
        why = _("{n} of at least {all} seeds").format(n=n, all=FEWEST_SEEDS)
    number = "" if row.forgetting is None else f" ({signed(row.forgetting.mean)})"
    return f"- {escaped(row.recipe)}: {why}{number}"


def _ends(lab: Lab) -> str:
    beside = [name for name in lab.domains if name != TARGET]
    header = [_("recipe"), _("at"), _("gain"), _("forgetting"), *(title(name) for name in beside), "KL", _("seeds")]
    rows = [_end_cells(lab, recipe, beside) for recipe in lab.recipes]
    told = _(
        "Not comparable with one another: a recipe that learnt less has forgotten less. Means over the seeds of the "
        "last checkpoints; of domains what they lost, KL per token on the fine-tuning's prompts, in nats."
    )
    return "\n\n".join([f"## {_('Where each recipe ends')}", told, table(header, rows)])


def _end_cells(lab: Lab, recipe: str, domains: Sequence[str]) -> list[str]:
    last = [path.points[-1] for path in lab.of(recipe).values() if path.points]
    at = sorted({f"{point.at:g}" for point in last})
    return [
        escaped(recipe),
        ", ".join(at) or MISSING,
        signed(_mean(point.gain for point in last)),
        signed(_mean(point.forgetting() for point in last)),
        *(signed(_mean(point.forgetting(name) for point in last)) for name in domains),
        decimals(_mean(point.kl for point in last)),
        str(len(lab.of(recipe))),
    ]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def mean_with_interval(mean: MeanOverSeeds | None) -> str:
    """'+3.1 [+1.0, +5.2]', without an interval where there is none."""
    if mean is None:
        return MISSING
    return signed(mean.mean) if isnan(mean.low) else f"{signed(mean.mean)} {interval(mean.low, mean.high)}"


# --- findings ---------------------------------------------------------------------------------


def findings_markdown(settled: Sequence[Settled]) -> str:
    """A line per finding and comparison."""
    header = ["finding", "verdict", "compared", "difference", "margin", "claim"]
    rows = [row for finding in settled for row in _finding_rows(finding)]
    return table(header, rows) + "\n"


def _finding_rows(finding: Settled) -> Iterator[list[str]]:
    for number, shown in enumerate(finding.shown):
        verdict = f"**{finding.verdict}**" if number == 0 else ""
        name = f"{escaped(finding.id)}: {escaped(finding.claim)} ({escaped(finding.source)})" if number == 0 else ""
        yield [name, verdict, escaped(shown.what), numbers(shown), _margin(shown, finding.margin), _said(shown)]


def numbers(shown: Shown) -> str:
    """A comparison's estimate with its interval: points of 100, or a correlation."""
    if shown.estimate is None:
        return MISSING
    if shown.claim != "above":
        return mean_with_interval(shown.estimate)
    low, high = decimals(shown.estimate.low), decimals(shown.estimate.high)
    return f"{decimals(shown.estimate.mean)} [{low}, {high}]"


def _margin(shown: Shown, margin: float) -> str:
    return decimals(margin) if shown.claim == "above" else f"{100 * margin:g}"


def _said(shown: Shown) -> str:
    claim = shown.claim.replace("_", " ")
    return f"{claim}: {shown.verdict}" + (f" ({escaped(shown.reason)})" if shown.reason else "")


def ranking_lines(lab: Lab, ranking: Ranking) -> Iterator[str]:
    """A ranking for the terminal, a line per recipe."""
    yield _("Forgetting at a gain of {gain} points ({share} % of that of {reference}):").format(
        gain=signed(ranking.gain).lstrip("+"), share=f"{100 * ranking.share:g}", reference=lab.reference
    )
    for row in ranking.rows:
        if row.rank is not None:
            yield f"{row.rank:4}. {row.recipe}: {mean_with_interval(row.forgetting)}"
        else:
            yield f"   {_unranked(row)}"
