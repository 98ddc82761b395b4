"""Cut bigbench.jsonl out of BIG-bench: the slices that ask for knowledge.

    python tasks/knowledge/build_bigbench.py --sdist bigbench-1.0.0.tar.gz            write the file
    python tasks/knowledge/build_bigbench.py --sdist bigbench-1.0.0.tar.gz --check    exit 1 when it would differ

The source is the sdist of `bigbench` 1.0.0 on PyPI; its place can also stand in the environment variable
BIGBENCH_SDIST. Without it nothing is built or checked, and the script says so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bigbench_keys import ALSO_RIGHT, ALSO_SAID, NEEDS_ITS_OPTIONS, PLAUSIBLE, corrected, is_unfit
from bigbench_relations import FIRST_NAMES, NOT_VALUES, RELATIONS, STATES
from bigbench_twins import twins
from items import SEED, gives_away, unique

from forgetbench.metrics.answers.normalisation import normalise, normalised_words
from forgetbench.metrics.text import strip_accents
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.building import build_command

OUTPUT = Path(__file__).with_name("bigbench.jsonl")
FACTS = Path(__file__).with_name("facts.jsonl")
SHA256 = "1bb398a5512c6d798cdebe0dfa0ac03f67f6033fa6b39c6ef71df978c7cbc5c2"
TASKS = "bigbench-1.0.0/bigbench/benchmark_tasks"
Source = Mapping[str, Sequence[Mapping[str, Any]]]
"""The examples of each task."""

# Statements to be judged: the question around them, the two answers, and how many of each are taken.
STATEMENTS = {
    "misconceptions": ("Is the following statement true or false? {}", {"T": "True", "F": "False"}, 100),
    "anachronisms": ("Does the following sentence contain an anachronism? {}", {"Yes": "Yes", "No": "No"}, 90),
    "sports_understanding": (
        "Is the following sentence about sports plausible or implausible? {}",
        {"plausible": "Plausible", "implausible": "Implausible"}, 80,
    ),
}  # fmt: skip
TWINS = ("misconceptions", "anachronisms")
"""Those that come with counter-statements."""
# Questions with options of their own.
QUESTIONS = ("general_knowledge", "hindu_knowledge", "physical_intuition")
# Without its options such a question has no answer, or several.
NEEDS_OPTIONS = re.compile(r"\b(?:following|these|not|except|which of|typical|typically|probably|some)\b|\.\.\.$", re.I)

# Jokes, and questions whose key is a matter of opinion.
LEFT_OUT = re.compile(r"giraffes|elephants|whiskers|closest star|color of a human tongue|living room|wake up", re.I)
NUMBERS = set("none one two three four five six seven eight nine ten".split())

# Where tables differ on what stands next to it: the third column.
UNCLEAR_NEIGHBOURS = {"hafnium", "rutherfordium", "lanthanum", "actinium", "lutetium", "yttrium", "barium", "radium"}
MOST_PER_ANSWER = 8  # within a relation
MOST_ELEMENTS = 100
NEARBY = 6  # wrong elements are at most so many places away


@dataclass(frozen=True)
class Item:
    """A question as a row of bigbench.jsonl."""

    item_id: str
    relation: str
    cluster: str
    stratum: str
    subject: str
    question: str
    answer: str
    aliases: tuple[str, ...]
    choices: tuple[str, ...]
    open: bool
    gold: int = 0
    split: str = "test"


def examples(sdist: Path) -> Source:
    """The examples of every task that is used."""
    name_of = {f"{TASKS}/{name}/task.json": name for name in (*STATEMENTS, *QUESTIONS, "qa_wikidata")}
    name_of[f"{TASKS}/periodic_elements/subtask_1/task.json"] = "periodic_elements"
    by_task: dict[str, Sequence[Mapping[str, Any]]] = {}
    with tarfile.open(sdist, "r:gz") as archive:
        for member in archive:
            if name := name_of.get(member.name):
                stream = archive.extractfile(member)
                assert stream is not None
                by_task[name] = json.load(stream)["examples"]
    return by_task


def item(name: str, question: str, right: Sequence[str], wrong: Sequence[str], subject: str = "", **more: Any) -> Item:
    """An item with a stable id: the hash of its question as BIG-bench has it."""
    key = hashlib.sha256(question.encode()).hexdigest()[:10]
    accepted = also_said([*map(corrected, right), *ALSO_RIGHT.get(right[0], ())], wrong)
    return Item(
        item_id=f"bigbench:{name}:{key}", relation=name, cluster=key, stratum=name, subject=subject,
        question=corrected(question), answer=accepted[0], aliases=unique(accepted),
        choices=(accepted[0], *map(corrected, wrong)), **more,
    )  # fmt: skip


def also_said(accepted: Sequence[str], wrong: Sequence[str]) -> list[str]:
    """The accepted answers, and what else the first one is called where no option is called so."""
    options = {normalise(text) for text in wrong}
    return [*accepted, *(text for text in ALSO_SAID.get(accepted[0], ()) if normalise(text) not in options)]


def statements(source: Source, rng: random.Random) -> Iterator[Item]:
    """Statements to be judged, as many of either kind."""
    for name, (question, answers, most) in STATEMENTS.items():
        by_answer: dict[str, set[str]] = defaultdict(set)
        for example in source[name]:
            key = max(example["target_scores"], key=example["target_scores"].__getitem__)
            by_answer[answers[key]].add(" ".join(example["input"].split()))
        count = min(most, *map(len, by_answer.values()))
        for answer, texts in sorted(by_answer.items()):
            other = next(text for text in answers.values() if text != answer)
            for text in rng.sample(sorted(texts), count):
                pair = (other, answer) if text in PLAUSIBLE else (answer, other)
                yield item(name, question.format(text), pair[:1], pair[1:], open=False)


def questions(source: Source, rng: random.Random) -> Iterator[Item]:
    """Questions with their own options; of several right ones the first is offered, and all are accepted."""
    for name in QUESTIONS:
        seen = {row["question"] for row in read_jsonl(FACTS)}
        for example in source[name]:
            question, scores = " ".join(example["input"].split()), example["target_scores"]
            right = [text for text, score in scores.items() if score > 0]
            wrong = [text for text, score in scores.items() if score <= 0]
            gives_answer = any(normalise(text) in normalise(question) for text in right)
            if question in seen or gives_answer or not right or not wrong or LEFT_OUT.search(question):
                continue
            seen.add(question)
            words = normalised_words(right[0])
            plain = len(words) <= 4 and not any(word in NUMBERS or word.isdigit() for word in words)
            one_answer = not NEEDS_OPTIONS.search(question) and not any(part in question for part in NEEDS_ITS_OPTIONS)
            is_open = plain and one_answer and name != "physical_intuition"
            yield item(name, question, right, wrong, open=is_open)


def elements(source: Source, rng: random.Random) -> Iterator[Item]:
    """Elements by their neighbours; the wrong ones are near the right one in the table."""
    rows = [row for row in read_jsonl(FACTS) if row["relation"] == "element_of_number"]
    number = {row["answer"]: int(row["subject"]) for row in rows}
    usable = [
        example for example in source["periodic_elements"]
        if example["target"] in number
        and UNCLEAR_NEIGHBOURS.isdisjoint({*normalised_words(example["input"]), example["target"]})
    ]  # fmt: skip
    for example in rng.sample(usable, MOST_ELEMENTS):
        question, right = example["input"], example["target"]
        asked = set(normalised_words(question))
        near = [
            name for name, place in number.items()
            if 0 < abs(place - number[right]) <= NEARBY and name not in asked
        ]  # fmt: skip
        if len(near) >= 3:
            yield item("periodic_elements", question, [right], rng.sample(near, 3), open=True)


def triples(source: Source) -> dict[str, dict[str, str]]:
    """Subject and value of each relation, where the value is one only."""
    values_of: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for example in source["qa_wikidata"]:
        for relation in RELATIONS:
            joint = "" if relation.endswith("by") else " of"
            start = f"The {relation}{joint} "
            if example["input"].startswith(start) and example["input"].endswith(" is"):
                values = example["target"] if isinstance(example["target"], list) else [example["target"]]
                subject = example["input"].removeprefix(start).removesuffix(" is")
                if not subject.startswith(("citizenship of ", "sport", "origin")):
                    values_of[relation][subject] |= set(values)
    return {
        relation: {subject: next(iter(values)) for subject, values in subjects.items() if len(values) == 1}
        for relation, subjects in values_of.items()
    }


def wikidata(source: Source, rng: random.Random) -> Iterator[Item]:
    """Facts about people, works and places; wrong options are values of the relation, as frequent as they are there."""
    asked = {(normalise(row["subject"]), normalise(row["answer"])) for row in read_jsonl(FACTS)}
    for relation, subjects in sorted(triples(source).items()):
        question, most = RELATIONS[relation]
        taken: Counter[str] = Counter()
        chosen: list[tuple[str, str]] = []
        for subject, value in rng.sample(sorted(subjects.items()), len(subjects)):
            unfit = (normalise(subject), normalise(value)) in asked or value in NOT_VALUES or not subject[0].isupper()
            gives_answer = gives_away(subject, value) or normalise(value) in normalise(subject)
            if unfit or gives_answer or taken[value] >= MOST_PER_ANSWER or len(chosen) >= most:
                continue
            taken[value] += 1
            chosen.append((subject, value))
        values = [value for _, value in chosen]
        for subject, value in chosen:
            barred = {value, *same_state(value)}
            fair = [text for text in values if text not in barred and not gives_away(subject, text)]
            also = ALSO_RIGHT.get(value, ())
            wrong = [text for text in unique(rng.sample(fair, len(fair))) if text not in also][:3]
            if len(wrong) == 3:
                accepted = unique([value, strip_accents(value), *(same_state(value) if value in FIRST_NAMES else ())])
                yield item("qa_wikidata", question.format(subject), accepted, wrong, subject=subject, open=True)


def same_state(name: str) -> tuple[str, ...]:
    """All names in the group of STATES that `name` belongs to."""
    return next((group for group in STATES if name in group), ())


def balanced(items: Sequence[Item]) -> list[Item]:
    """The items, of each kind of statement as many of either answer."""
    counts = Counter((each.relation, each.answer) for each in items)
    most = {name: min(counts[name, each] for each in answers.values()) for name, (_, answers, _) in STATEMENTS.items()}
    taken: Counter[tuple[str, str]] = Counter()
    even = []
    for each in items:
        taken[each.relation, each.answer] += 1
        if taken[each.relation, each.answer] <= most.get(each.relation, len(items)):
            even.append(each)
    return even


def clustered(items: Sequence[Item]) -> list[Item]:
    """The items, a statement and its counter-statement in one cluster, and so what is asked about one subject."""
    subjects = {each.cluster: each.subject or each.cluster for each in items}
    pairs: dict[str, str] = {}
    for name in TWINS:
        pairs |= twins({each.cluster: statement_of(each) for each in items if each.relation == name})
    first = {subject: key for key, subject in sorted(subjects.items(), reverse=True)}
    return [replace(each, cluster=pairs.get(each.cluster, first[subjects[each.cluster]])) for each in items]


def statement_of(each: Item) -> str:
    """What is to be judged, without the question around it."""
    return each.question.split("? ", 1)[1]


def rows(sdist: Path) -> list[dict[str, Any]]:
    """Rows of bigbench.jsonl: three few-shot examples, then the rest in random order."""
    source, rng = examples(sdist), random.Random(SEED)
    drawn = [item for part in (questions, wikidata, elements, statements) for item in part(source, rng)]
    items = balanced([each for each in drawn if not is_unfit(each.question)])
    shots = [next(each for each in items if each.relation == name and each.open) for name in FEWSHOT]
    test = clustered([each for each in items if each not in shots])
    rng.shuffle(test)
    return [asdict(placed(each, rng, "fewshot")) for each in shots] + [asdict(placed(each, rng)) for each in test]


FEWSHOT = ("general_knowledge", "qa_wikidata", "periodic_elements")


def placed(each: Item, rng: random.Random, split: str = "test") -> Item:
    """The item with its options in random order."""
    choices = rng.sample(each.choices, len(each.choices))
    return Item(**{**asdict(each), "choices": tuple(choices), "gold": choices.index(each.answer), "split": split})


def main() -> int:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(description="Cut the BIG-bench slices.", add_help=False)
    parser.add_argument("--sdist", type=Path, default=os.environ.get("BIGBENCH_SDIST"))
    given, sys.argv[1:] = parser.parse_known_args()
    if given.sdist is None:
        print(f"{OUTPUT.name}: not checked: give the sdist with --sdist or BIGBENCH_SDIST")
        return 0
    with Path(given.sdist).open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != SHA256:
            print(f"{given.sdist}: not the sdist of bigbench 1.0.0 (sha256 {SHA256})", file=sys.stderr)
            return 2
    return build_command({OUTPUT: lambda: rows(Path(given.sdist))}, "Cut the BIG-bench slices.")


if __name__ == "__main__":
    sys.exit(main())
