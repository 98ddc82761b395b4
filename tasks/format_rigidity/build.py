"""Assemble free.jsonl, elasticity.jsonl and spread.jsonl from the lists beside this file, the same bytes every time.

python tasks/format_rigidity/build.py            write the files
python tasks/format_rigidity/build.py --check    exit 1 if a file differs from what would be written
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from constraint_list import ROUNDS, Constraint, Round
from labels import label_pairs
from prompts import CHINESE_QUESTIONS, OTHER_PROMPTS, QUESTIONS, VOICE_QUESTIONS
from spread import spread_units

from forgetbench.suites.building import build_command

HERE = Path(__file__).parent
LABEL_SEED = 25
ORDER_SEED = 26

Row = dict[str, Any]


class Question(NamedTuple):
    """A question that is asked with and without a constraint."""

    item_id: str
    kind: str
    text: str
    keyword: str
    """A word that an answer may well contain."""


def questions(kinds: Mapping[str, Sequence[tuple[str, str]]]) -> list[Question]:
    """Every question, the kinds in turn."""
    groups = [
        [Question(f"{kind}-{i}", kind, text, keyword) for i, (text, keyword) in enumerate(pairs, start=1)]
        for kind, pairs in kinds.items()
    ]
    return [question for turn in zip_longest(*groups) for question in turn if question is not None]


def language_of(kind: str) -> str:
    """The language that a prompt of this kind is written in, which decides the frame around it."""
    return "zh" if kind.startswith("zh_") else "en"


def free_rows() -> list[Row]:
    """All prompts that ask for no format; each is its own cluster."""
    asked = [
        (f"{kind}-{i}", kind, text)
        for kinds in (QUESTIONS, VOICE_QUESTIONS, CHINESE_QUESTIONS)
        for kind, pairs in kinds.items()
        for i, (text, _) in enumerate(pairs, start=1)
    ]
    others = [
        (f"{kind}-{i}", kind, text) for kind, texts in OTHER_PROMPTS.items() for i, text in enumerate(texts, start=1)
    ]
    return in_fair_order(
        [{"item_id": i, "cluster": i, "stratum": kind, "language": language_of(kind), "prompt": text}]
        for i, kind, text in asked + others
    )


def elasticity_rows() -> list[Row]:
    """Every constrained prompt followed by its unconstrained counterpart."""
    return in_fair_order([unit for part in ROUNDS for unit in constraint_units(part)] + list(label_units()))


def constraint_units(part: Round) -> Iterator[list[Row]]:
    """A round's constraints spread evenly over the questions they fit.

    Each question takes the constraints used least so far, so all are used about equally often;
    parameters and wordings of one constraint are used in turn.
    """
    rng = random.Random(part.seed)
    used: Counter[str] = Counter()
    for question in questions(part.questions):
        fitting = [c for c in part.constraints if not c.kinds or question.kind in c.kinds]
        fitting.sort(key=lambda constraint: (used[constraint.name], rng.random()))
        for constraint in fitting[: part.per_question]:
            turn = used[constraint.name]
            used[constraint.name] += 1
            yield constraint_unit(question, constraint, turn)


def constraint_unit(question: Question, constraint: Constraint, turn: int) -> list[Row]:
    """A question with the constraint in the wording and with the parameters of this turn, and its counterpart."""
    given = constraint.parameters[turn % len(constraint.parameters)]
    filled = {"keyword": question.keyword, "question": question.text}
    parameters = {
        name: value.format(**filled) if isinstance(value, str) and value in ("{keyword}", "{question}") else value
        for name, value in given.items()
    }
    # The wording changes after each round of the parameters, so all pairs of the two occur.
    wording = constraint.wordings[(turn // len(constraint.parameters)) % len(constraint.wordings)].format(**parameters)
    language = language_of(question.kind)
    gap = "" if language == "zh" else " "
    return contrast_pair(
        f"{question.item_id}-{constraint.name}",
        cluster=question.item_id,
        stratum=constraint.family,
        language=language,
        prompts=(f"{question.text}{gap}{wording}", question.text),
        constraint=constraint.name,
        parameters=parameters,
    )


def label_units() -> Iterator[list[Row]]:
    """Solved examples with unusual labels; their counterparts have plain ones."""
    for pair in label_pairs(LABEL_SEED):
        yield contrast_pair(
            f"{pair.item_id}-one_of",
            cluster=pair.cluster,
            stratum="labels",
            language="en",
            prompts=(pair.asked, pair.free),
            constraint="one_of",
            parameters={"options": list(pair.options)},
        )


def contrast_pair(item_id: str, *, prompts: tuple[str, str], parameters: Mapping[str, Any], **shared: str) -> list[Row]:
    """The row that asks for the constraint and the row that does not; both are checked for it."""
    stated = json.dumps(parameters, sort_keys=True, ensure_ascii=False)
    return [
        {"item_id": f"{item_id}/{side}", **shared, "prompt": prompt, "parameters": stated}
        for side, prompt in zip(("asked", "free"), prompts, strict=True)
    ]


def in_fair_order(units: Iterable[list[Row]]) -> list[Row]:
    """Rows in an order whose beginnings are fair samples: of the first n units, every stratum has its share, give or
    take one. The rows of a unit stay together.
    """
    rng = random.Random(ORDER_SEED)
    strata: dict[str, list[list[Row]]] = {}
    for unit in units:
        strata.setdefault(unit[0]["stratum"], []).append(unit)
    placed = []
    for members in strata.values():
        rng.shuffle(members)
        start = rng.random()
        placed += [((start + i) / len(members), unit) for i, unit in enumerate(members)]
    placed.sort(key=lambda pair: pair[0])
    return [row for _, unit in placed for row in unit]


def main() -> int:
    """Write or check the files; the exit code."""
    files: dict[Path, Callable[[], list[Row]]] = {
        HERE / "free.jsonl": free_rows,
        HERE / "elasticity.jsonl": elasticity_rows,
        HERE / "spread.jsonl": lambda: in_fair_order(spread_units()),
    }
    return build_command(files, "Assemble the documents of the format_rigidity tasks.")


if __name__ == "__main__":
    raise SystemExit(main())
