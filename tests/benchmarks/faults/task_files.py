"""Tasks that do not ask what they seem to ask, or are not the same for both sides."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from faults.case import Case, Trial
from faults.workshop import CHOICE, OPEN, choice_rows, scripted, suite, write_rows

_CODE = "def process_results(doc, results):\n    {body}\n"
_ACC = "lls = [r[0] for r in results]; right = lls.index(max(lls)) == doc['gold']"


def _task(config: dict[str, Any] = CHOICE, **fields: Any) -> Callable[[Path], Trial]:
    return lambda folder: scripted(suite(folder, config, **fields))


def _rows(edit: Callable[[list[dict[str, Any]]], object], config: dict[str, Any] = CHOICE) -> Callable[[Path], Trial]:
    """A task whose rows are changed."""

    def trial(folder: Path) -> Trial:
        rows = choice_rows()
        edit(rows)
        return scripted(suite(folder, config, rows))

    return trial


def _code(body: str) -> Callable[[Path], Trial]:
    """A task whose answers are scored by code of its own."""

    def trial(folder: Path) -> Trial:
        path = suite(folder)
        _write_code(path.parent, body)
        return scripted(path)

    return trial


def _write_code(place: Path, body: str) -> None:
    (place / "utils.py").write_text(_CODE.format(body=body), encoding="utf-8")
    text = (place / "words.yaml").read_text(encoding="utf-8")
    if "process_results" not in text:
        (place / "words.yaml").write_text(f"{text}process_results: !function utils.process_results\n", encoding="utf-8")


def _between(
    prepare: Callable[[Path], object],
    edit: Callable[[Path], object],
    spoil: Callable[[Path], object] = lambda run: None,
) -> Callable[[Path], Trial]:
    """Base and candidate run one after the other and then compared.

    `edit` happens to the task in between, `spoil` to the candidate's run.
    """

    def trial(folder: Path) -> Trial:
        path = suite(folder)
        prepare(path.parent)
        results = folder / "results"

        def compare() -> tuple[str, ...]:
            base, candidate = (next((results / "runs").glob(f"{name}-*")) for name in ("base", "candidate"))
            spoil(candidate)
            return "compare", str(base), str(candidate), "--out", str(results / "comparisons" / "by-hand")

        run = ("--suite", str(path), "--engine", "scripted")
        steps = (("run", "base", *run), lambda: edit(path.parent), ("run", "candidate", *run), compare)
        return Trial(steps, task=path)

    return trial


def _unchanged(place: Path) -> None:
    """Nothing happens."""


def _cut(run: Path) -> None:
    path = run / "samples.parquet"
    path.write_bytes(path.read_bytes()[:-50])


def _split_off(place: Path) -> None:
    """The whole task stands in a file that it includes."""
    config = yaml.safe_load((place / "words.yaml").read_text(encoding="utf-8"))
    (place / "_shared").write_text(yaml.safe_dump({k: v for k, v in config.items() if k != "task"}), encoding="utf-8")
    (place / "words.yaml").write_text("include: _shared\ntask: words\n", encoding="utf-8")


def _reword(place: Path) -> None:
    path = place / "_shared"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["doc_to_text"] = "Do not answer. {{question}}"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")


def _same_again(place: Path) -> None:
    for path in place.iterdir():
        path.touch()


def _other_data(place: Path) -> None:
    """Other rows in a file of the same size and date, as `tar` or `cp -p` leave it."""
    path = place / "words.jsonl"
    before = path.stat()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"gold": 0', '"gold": 1'), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _set(**fields: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda rows: rows[3].update(fields)


def _commands(folder: Path) -> Trial:
    """A task in YAML alone, whose template runs a command."""
    mark = folder / "ran"
    escape = "{{ cycler.__init__.__globals__.os.system('touch " + str(mark) + "') }}{{question}}"
    return scripted(suite(folder, OPEN, doc_to_text=escape))


def _few_shots(shots: int) -> Callable[[Path], Trial]:
    def trial(folder: Path) -> Trial:
        files = {"test": "words.jsonl", "fewshot": "shots.jsonl"}
        path = suite(folder, dataset_kwargs={"data_files": files}, fewshot_split="fewshot", num_fewshot=shots)
        write_rows(path.parent / "shots.jsonl", choice_rows()[:2])
        return scripted(path)

    return trial


def _marked(folder: Path) -> Trial:
    """Rows and YAML begin with a byte order mark, as some editors write it: sound."""
    path = suite(folder)
    for name in ("words.jsonl", "words.yaml"):
        file = path.parent / name
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    return scripted(path)


def _filtered(pattern: str) -> Callable[[Path], Trial]:
    filters = [{"function": "regex", "regex_pattern": pattern}, {"function": "take_first"}]
    return _task(OPEN, filter_list=[{"name": "read", "filter": filters}])


def _metric(name: str) -> list[dict[str, Any]]:
    return [{"metric": name, "aggregation": name, "higher_is_better": True}]


_GENERATION = OPEN["generation_kwargs"]


def cases() -> tuple[Case, ...]:
    kind = "tasks"
    other = "each side is asked another thing: -20 points that nobody forgot"
    crash = "ends in a traceback, which CI may read as a regression"
    wrong = "scores what nobody meant"
    sound = _task()
    written = _task(OPEN)
    return (
        Case("an included file edited between two runs", kind, other, "the file saved again as it was",
             _between(_split_off, _reword), _between(_split_off, _same_again), r"fingerprint|not the same|differ"),
        Case("scoring code edited between two runs", kind, other, "the code saved again as it was",
             _between(lambda place: _write_code(place, f"{_ACC}; return {{'acc': float(right)}}"),
                      lambda place: _write_code(place, f"{_ACC}; return {{'acc': 1 - float(right)}}")),
             _between(lambda place: _write_code(place, f"{_ACC}; return {{'acc': float(right)}}"), _same_again),
             r"fingerprint|not the same|differ"),
        Case("data edited, with its size and date kept", kind, other, "data saved again as it was",
             _between(_unchanged, _other_data), _between(_unchanged, _same_again),
             r"fingerprint|not the same|differ"),
        Case("two rows with one id", kind, "one of them is scored twice, or all is asked in vain", "ids of their own",
             _rows(_set(item_id="word-1")), sound, r"word-1"),
        Case("more shots than the split has", kind, crash, "as many as there are", _few_shots(5), _few_shots(2),
             r"shot"),
        Case("generation_kwargs that no engine honours", kind, "decoded in another way than the task says",
             "kwargs that are honoured",
             _task(OPEN, generation_kwargs={**_GENERATION, "num_beams": 4, "repetition_penalty": 1.3}), written,
             r"num_beams|repetition_penalty"),
        Case("a metric of the whole corpus", kind, wrong, "a metric of one answer",
             _task(OPEN, metric_list=_metric("bleu"), metadata={"domain": "knowledge", "version": 1}), written,
             r"bleu"),
        Case("gold beyond the choices", kind, "can never be right", "gold among the choices",
             _rows(_set(gold=7)), sound, r"word-3.*option"),
        Case("a field is null", kind, "the prompt says None", "every field there",
             _rows(_set(question=None)), sound, r"word-3.*null"),
        Case("the same question with another answer", kind, "one of the two is always wrong", "each question once",
             _rows(lambda rows: rows.append({**rows[0], "item_id": "again", "gold": 1})), sound,
             r"item (again|word-0)"),
        Case("the same choice twice", kind, "the right one cannot win", "choices that differ",
             _rows(_set(choices=["same", "same"])), sound, r"word-3.*option"),
        Case("an empty choice", kind, "its likelihood is nothing's", "choices that say something",
             _rows(_set(choices=["", "word"])), sound, r"word-3.*empty"),
        Case("scoring gives NaN", "numbers", "NaN counts as right or as wrong", "numpy's numbers",
             _code("return {'acc': float('nan')}"),
             _code(f"import numpy; {_ACC}; return {{'acc': numpy.bool_(right)}}"), r"nan|finite|no number"),
        Case("until is a number", kind, crash, "until is a list",
             _task(OPEN, generation_kwargs={**_GENERATION, "until": 7}), written, r"until"),
        Case("max_gen_toks below zero", kind, crash, "max_gen_toks above zero",
             _task(OPEN, generation_kwargs={**_GENERATION, "max_gen_toks": -1}), written, r"max_gen_toks"),
        Case("chance of 1", kind, crash, "chance of a guess",
             _task(metadata={**CHOICE["metadata"], "chance": 1}), sound, r"metadata\.chance"),
        Case("a template that runs a command", kind, "whoever writes the YAML runs code", "a template that renders",
             _commands, written, r"words.*(unsafe|doc_to_text)"),
        Case("a template that never ends", kind, "the run hangs", "a template that ends",
             _task(OPEN, doc_to_text="{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"),
             written, r"words.*come to an end"),
        Case("a pattern that never ends", kind, "the run hangs", "a pattern that ends",
             _endless_pattern, _filtered(r"(\w+)"), r"words.*(come to an end|regex|pattern)"),
        Case("a row cut in half", kind, crash, "a byte order mark at the file's beginning",
             _rows_with_broken_line, _marked, r"line 4|words\.jsonl"),
        Case("kept answers cut short", "files", crash, "answers as they were kept",
             _between(_unchanged, _unchanged, _cut), _between(_unchanged, _unchanged), r"samples\.parquet"),
        Case("a split that is not there", kind, crash, "a split that is there",
             _task(test_split="validation"), sound, r"split.*validation|validation.*split"),
        Case("a data file that is not there", kind, crash, "a data file that is there",
             _task(dataset_kwargs={"data_files": {"test": "other.jsonl"}}), sound, r"other\.jsonl"),
    )  # fmt: skip


def _endless_pattern(folder: Path) -> Trial:
    """Backtracks for ages over an answer of thirty letters and a sign."""
    path = suite(folder, OPEN, filter_list=[
        {"name": "read", "filter": [{"function": "regex", "regex_pattern": r"^(([a-z ])+.?)+!$"},
                                    {"function": "take_first"}]}
    ])  # fmt: skip
    run = ("run", f"candidate=says:{'a' * 40}?", "--base", f"base=says:{'b' * 40}?", "--suite", str(path))
    return Trial(((*run, "--engine", "scripted"),), task=path)


def _rows_with_broken_line(folder: Path) -> Trial:
    path = suite(folder)
    file = path.parent / "words.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3][: len(lines[3]) // 2]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return scripted(path)
