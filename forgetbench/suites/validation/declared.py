"""The YAML: is everything declared that scores and pairing rest on?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from statistics import fmean

from forgetbench.errors import did_you_mean
from forgetbench.lm_eval_bridge import BINARY_METRICS
from forgetbench.lm_eval_bridge.decoding import MAX_TOKENS
from forgetbench.lm_eval_bridge.task_yaml import TaskDeclaration
from forgetbench.records import DOMAINS
from forgetbench.suites.domains import domain_mistake
from forgetbench.suites.validation.findings import Finding, fail, warn
from forgetbench.suites.validation.reading import ReadTask

_REQUIRED = {
    "domain": f"one of {', '.join(DOMAINS)}, or a slug of your own",
    "metric": "the name in metric_list that is the item's score",
    "chance": "the score of a guess, 0 where guessing does not help",
    "version": "a number that grows with every change of items or scoring",
    "licence": "the licence of the data, an SPDX name where it has one",
    "language": "a list of language codes, as [en]",
}
_DECODING = {
    "do_sample": ("do_sample",),
    "temperature": ("temperature",),
    "until": ("until",),
    "max_gen_toks": MAX_TOKENS,
}
"""What generation_kwargs must say, and the names it goes by."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CHANCE_TOLERANCE = 1e-3
_SLIP = 0.8
"""Similarity (difflib's ratio) from which one name is taken for another, misspelt."""


def check_metadata(declaration: TaskDeclaration) -> Iterator[Finding]:
    """Every field that is required is there; that each means something is checked where the task is loaded."""
    metadata = declaration.metadata
    for field, meaning in _REQUIRED.items():
        if metadata.get(field) in (None, "", []):
            where = declaration.where(f"metadata.{field}")
            yield fail(f"metadata has no '{field}'", where, f"add '{field}: ' and {meaning}")
    if domain := metadata.get("domain"):
        yield from _check_domain(str(domain), declaration.where("metadata.domain"))
    for code in declaration.languages:
        if not _LANGUAGE.fullmatch(code):
            where = declaration.where("metadata.language")
            yield warn(f"language '{code}' is no language code", where, "write it as en, zh or pt-BR")


def _check_domain(domain: str, where: str) -> Iterator[Finding]:
    """A slug; one that is all but an embedded domain's is more likely a slip than a domain of its own."""
    if mistake := domain_mistake(domain):
        what, _, hint = mistake.partition("; ")
        yield fail(what, where, hint)
    elif domain not in DOMAINS and (near := difflib.get_close_matches(domain, DOMAINS, n=1, cutoff=_SLIP)):
        yield warn(f"'{domain}' is a domain of its own", where, f"did you mean '{near[0]}'?")


def check_metric(declaration: TaskDeclaration) -> Iterator[Finding]:
    """The metric that is scored stands in metric_list."""
    metric, metric_list = declaration.metadata.get("metric"), declaration.config.get("metric_list") or []
    names = [str(entry.get("metric")) for entry in metric_list if isinstance(entry, dict)]
    if metric and metric not in names:
        where = declaration.where("metadata.metric")
        yield fail(f"metric '{metric}' is not in metric_list", where, did_you_mean(str(metric), names))


def check_decoding(declaration: TaskDeclaration) -> Iterator[Finding]:
    """A task that generates says how: what is left open, each engine would fill in its own way."""
    if declaration.config.get("output_type", "generate_until") != "generate_until":
        return
    decoding = declaration.config.get("generation_kwargs") or {}
    for field, names in _DECODING.items():
        if not any(name in decoding for name in names):
            where = declaration.where(f"generation_kwargs.{field}")
            yield fail(f"generation_kwargs has no '{field}'", where, "name it, so that it is the same everywhere")
    yield from _check_repeats(declaration)


def _check_repeats(declaration: TaskDeclaration) -> Iterator[Finding]:
    repeats, decoding = declaration.config.get("repeats") or 1, declaration.config.get("generation_kwargs") or {}
    if repeats == 1:
        return
    if not decoding.get("do_sample") or not float(decoding.get("temperature") or 0) > 0:
        where = declaration.where("generation_kwargs.temperature")
        yield fail(f"{repeats} samples, but greedy", where, "set do_sample: true and a temperature above 0")
    steps = [step for entry in declaration.config.get("filter_list") or [] for step in entry.get("filter") or []]
    first_k = [step.get("k") for step in steps if step.get("function") == "take_first_k"]
    if first_k != [repeats]:
        where = declaration.where("filter_list")
        yield fail(
            f"{repeats} samples, but its filters keep {first_k[0] if first_k else 'the first one'}",
            where,
            f"give one filter with the function take_first_k and k: {repeats}",
        )


def check_chance(task: ReadTask) -> Iterator[Finding]:
    """For options by likelihood, chance is the mean over the items of right options / options."""
    declaration = task.declaration
    chance, metric = declaration.metadata.get("chance"), task.loaded.info.metric
    counted = task.loaded.info.binary or metric in BINARY_METRICS
    if not task.by_choice or not counted or task.loaded.info.corpus_metric or not isinstance(chance, int | float):
        return
    true = fmean(len(set(item.gold)) / len(item.choices) for item in task.items if item.choices)
    if abs(chance - true) > _CHANCE_TOLERANCE:
        what = f"chance is {chance:g}, but a guess among the options is right {true:.4f} of the time"
        yield fail(what, declaration.where("metadata.chance"), f"set chance: {true:.4g}")
