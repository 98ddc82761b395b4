"""Generate choice.jsonl and replies.jsonl, facts and requests in 17 languages, and names.jsonl, what things are called.

    python tasks/multilingual/build.py            write the files
    python tasks/multilingual/build.py --check    exit 1 when one would come out different

Names are CLDR's, by babel at the version of the `data` extra. Rows are in random order, so that the first n are a fair
sample.
"""

from __future__ import annotations

import importlib.metadata
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
BABEL = "2.18.0"
SEED = 20250601
OPTIONS = 4


def fact_rows() -> list[dict[str, Any]]:
    """Rows of choice.jsonl: each fact in every language in which it is fair, its right option in each place equally."""
    from facts import FACTS
    from names import LANGUAGES

    rows = []
    for fact in FACTS:
        near = list(fact.near)
        if fact.count:
            random.Random(f"{SEED}:{fact.name}").shuffle(near)
        rows += [row for language in LANGUAGES if (row := _row(fact, near, language))]
    return _in_places(rows)


def _row(fact: Any, near: Sequence[str], language: str) -> dict[str, Any] | None:
    """The fact as one language asks it; None where it cannot, or would give itself away."""
    from facts import DEFINITE, OWN_NAME, SUBJECT, THING
    from fairness import gives_away, stands_in
    from names import name, of_cldr
    from wording import GAPS, LABELS, question

    thing = THING[fact.kind]
    if fact.own_language == language:
        return None
    subject = (
        DEFINITE.get(fact.subject, of_cldr(thing, fact.subject, fact.own_language)[0])
        if fact.kind in OWN_NAME
        else name(SUBJECT[fact.kind], fact.subject, language)
    )
    asked = question(fact.kind, language, subject, fact.count)
    answer = name(thing, fact.answer, language)
    if asked is None or gives_away(subject, answer):
        return None
    offered = [name(thing, code, language) for code in near]
    wrong = [text for text in offered if not gives_away(subject, text) and not stands_in(text, asked)][: OPTIONS - 1]
    if len({answer, *wrong}) < OPTIONS:
        return None
    ask, reply = LABELS[language]
    return {
        "item_id": f"{fact.name}/{language}", "cluster": fact.name, "stratum": language, "kind": fact.kind,
        "level": fact.level, "thing": thing, "code": fact.answer, "ask": ask, "gap": GAPS[language],
        "question": asked, "reply": reply, "answer": answer, "choices": wrong,
    }  # fmt: skip


def _in_places(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows in random order, with their right answers among the wrong: each place as often within a kind."""
    rng = random.Random(SEED)
    places: Counter[tuple[str, int]] = Counter()
    placed = []
    for row in rng.sample(rows, len(rows)):
        gold = min(range(OPTIONS), key=lambda place: (places[row["kind"], place], rng.random()))
        places[row["kind"], gold] += 1
        wrong = rng.sample(row["choices"], OPTIONS - 1)
        placed.append({**row, "choices": [*wrong[:gold], row["answer"], *wrong[gold:]], "gold": gold})
    return placed


def reply_rows() -> list[dict[str, Any]]:
    """Rows of replies.jsonl: everyday requests, none of which names a language."""
    from wording import GAPS, LABELS, requests

    rows = []
    for language, topic, text in requests():
        ask, reply = LABELS[language]
        rows.append({"item_id": f"reply:{topic}/{language}", "cluster": f"reply:{topic}", "stratum": language,
                     "ask": ask, "gap": GAPS[language], "question": text, "reply": reply})  # fmt: skip
    return random.Random(SEED).sample(rows, len(rows))


def name_rows() -> list[dict[str, Any]]:
    """Rows of names.jsonl."""
    from names import rows

    return list(rows())


def main() -> int:
    """Write the files, or check them."""
    from forgetbench.suites.building import build_command

    try:
        installed = importlib.metadata.version("babel")
    except importlib.metadata.PackageNotFoundError:
        installed = None
    if installed != BABEL:
        print(f"the files are built from other versions of their sources; first: pip install babel=={BABEL}",
              file=sys.stderr)  # fmt: skip
        return 2
    files = {"choice.jsonl": fact_rows, "names.jsonl": name_rows, "replies.jsonl": reply_rows}
    return build_command({FOLDER / name: rows for name, rows in files.items()}, "Build the multilingual tasks.")


if __name__ == "__main__":
    sys.exit(main())
