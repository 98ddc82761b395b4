"""The YAML: is everything declared that scores and pairing rest on?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import fmean

from forgetbench.errors import did_you_mean
from forgetbench.lm_eval_bridge import BINARY_METRICS
from forgetbench.lm_eval_bridge.planning import MAX_TOKENS
from forgetbench.metrics.corpus import CORPUS_METRICS
from forgetbench.records import DOMAINS
from forgetbench.suites.validation.findings import Finding, fail, warn
from forgetbench.suites.validation.reading import Declaration, ReadTask

_VIEWS = ("choice", "open", "strict", None)
_REQUIRED = {
    "domain": f"one of {', '.join(DOMAINS)}",
    "metric": "the name in metric_list that is the item's score",
    "chance": "the score of a guess, 0 where guessing does not help",
    "version": "a number that grows with every change of items or scoring",
    "licence": "the licence of the data, an SPDX name where it has one",
    "language": "a list of language codes, as [en]",
}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CHANCE_TOLERANCE = 1e-3


def check_metadata(declared: Declaration) -> Iterator[Finding]:
    """Every field that is required is there and means something."""
    metadata = declared.metadata
    for field, meaning in _REQUIRED.items():
        if metadata.get(field) in (None, "", []):
            where = declared.where(f"metadata.{field}")
            yield fail(f"metadata has no '{field}'", where, f"add '{field}: ' and {meaning}")
    domain, view, chance = metadata.get("domain"), metadata.get("view"), metadata.get("chance")
    if domain and domain not in DOMAINS:
        where = declared.where("metadata.domain")
        yield fail(f"unknown domain '{domain}'", where, did_you_mean(str(domain), DOMAINS))
    if view not in _VIEWS:
        yield fail(f"unknown view '{view}'", declared.where("metadata.view"), "give choice, open, strict or null")
    if chance is not None and not (isinstance(chance, int | float) and 0 <= chance < 1):
        yield fail(f"chance is {chance!r}", declared.where("metadata.chance"), "give a number from 0 to below 1")
    for code in declared.languages:
        if not _LANGUAGE.fullmatch(code):
            where = declared.where("metadata.language")
            yield warn(f"language '{code}' is no language code", where, "write it as en, zh or pt-BR")


def check_metric(declared: Declaration) -> Iterator[Finding]:
    """The metric that is scored stands in metric_list, and a corpus metric is one that there is."""
    corpus = declared.metadata.get("corpus_metric")
    if corpus and corpus not in CORPUS_METRICS:
        where = declared.where("metadata.corpus_metric")
        yield fail(f"unknown corpus metric '{corpus}'", where, did_you_mean(str(corpus), CORPUS_METRICS))
    metric, listed = declared.metadata.get("metric"), declared.config.get("metric_list") or []
    names = [str(entry.get("metric")) for entry in listed if isinstance(entry, dict)]
    if metric and metric not in names:
        where = declared.where("metadata.metric")
        yield fail(f"metric '{metric}' is not in metric_list", where, did_you_mean(str(metric), names))


def check_decoding(declared: Declaration) -> Iterator[Finding]:
    """A task that generates says how: what is left open, each engine would fill in its own way."""
    if declared.config.get("output_type", "generate_until") != "generate_until":
        return
    named = declared.config.get("generation_kwargs") or {}
    wanted = {"do_sample": ("do_sample",), "temperature": ("temperature",), "until": ("until",)}
    for field, names in {**wanted, "max_gen_toks": MAX_TOKENS}.items():
        if not any(name in named for name in names):
            where = declared.where(f"generation_kwargs.{field}")
            yield fail(f"generation_kwargs has no '{field}'", where, "name it, so that it is the same everywhere")
    yield from _check_repeats(declared)


def _check_repeats(declared: Declaration) -> Iterator[Finding]:
    repeats, named = declared.config.get("repeats") or 1, declared.config.get("generation_kwargs") or {}
    if repeats == 1:
        return
    if not named.get("do_sample") or not float(named.get("temperature") or 0) > 0:
        where = declared.where("generation_kwargs.temperature")
        yield fail(f"{repeats} samples, but greedy", where, "set do_sample: true and a temperature above 0")
    steps = [step for entry in declared.config.get("filter_list") or [] for step in entry.get("filter") or []]
    kept = [step.get("k") for step in steps if step.get("function") == "take_first_k"]
    if kept != [repeats]:
        where = declared.where("filter_list")
        yield fail(
            f"{repeats} samples, but its filters keep {kept[0] if kept else 'the first one'}",
            where,
            f"give one filter with the function take_first_k and k: {repeats}",
        )


def check_chance(task: ReadTask) -> Iterator[Finding]:
    """For options by likelihood, chance is the mean over the items of right options / options."""
    declared = task.declaration
    chance, metric = declared.metadata.get("chance"), task.loaded.info.metric
    counted = task.loaded.info.binary or metric in BINARY_METRICS
    if not task.by_choice or not counted or task.loaded.info.corpus_metric or not isinstance(chance, int | float):
        return
    true = fmean(len(set(item.gold)) / len(item.choices) for item in task.items if item.choices)
    if abs(chance - true) > _CHANCE_TOLERANCE:
        what = f"chance is {chance:g}, but a guess among the options is right {true:.4f} of the time"
        yield fail(what, declared.where("metadata.chance"), f"set chance: {true:.4g}")
