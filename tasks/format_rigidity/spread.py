"""The same easy questions in eight formats (FormatSpread, arXiv 2310.11324)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Separators, casing, names of the fields, and how the options are listed, if at all. What is rated is
# the answer itself in each of them, after one blank.
FORMATS: Mapping[str, str] = {
    "plain": "Question: {q}\nAnswer:",
    "short": "Q: {q}\nA:",
    "double_colon": "Question:: {q}\nAnswer::",
    "capitals": "QUESTION: {q}\nANSWER:",
    "one_line": "question - {q} || answer -",
    "tags": "<question>{q}</question>\n<answer>",
    "options_in_line": "Question: {q}\nOptions: {a}; {b}; {c}; {d}\nAnswer:",
    "options_lettered": "Question: {q}\n(A) {a}\n(B) {b}\n(C) {c}\n(D) {d}\nAnswer:",
}

# Eight of a kind: the wrong options of a question are right answers to others of its kind.
QUESTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "capital": [
        ("What is the capital of France?", "Paris"),
        ("What is the capital of Japan?", "Tokyo"),
        ("What is the capital of Italy?", "Rome"),
        ("What is the capital of Spain?", "Madrid"),
        ("What is the capital of Germany?", "Berlin"),
        ("What is the capital of Egypt?", "Cairo"),
        ("What is the capital of Russia?", "Moscow"),
        ("What is the capital of Greece?", "Athens"),
    ],
    "colour": [
        ("What colour is fresh grass?", "green"),
        ("What colour is the sky on a clear day?", "blue"),
        ("What colour is snow?", "white"),
        ("What colour is coal?", "black"),
        ("What colour is a ripe banana?", "yellow"),
        ("What colour is blood?", "red"),
        ("What colour is a carrot?", "orange"),
        ("What colour is chocolate?", "brown"),
    ],
    "animal": [
        ("Which animal barks?", "dog"),
        ("Which animal says meow?", "cat"),
        ("Which animal gives us wool?", "sheep"),
        ("Which animal lays the eggs that we eat for breakfast?", "hen"),
        ("Which animal roars and has a mane?", "lion"),
        ("Which animal has a long trunk?", "elephant"),
        ("Which animal spins a web?", "spider"),
        ("Which animal makes honey?", "bee"),
    ],
    "opposite": [
        ("What is the opposite of hot?", "cold"),
        ("What is the opposite of big?", "small"),
        ("What is the opposite of fast?", "slow"),
        ("What is the opposite of up?", "down"),
        ("What is the opposite of young?", "old"),
        ("What is the opposite of open?", "closed"),
        ("What is the opposite of rich?", "poor"),
        ("What is the opposite of loud?", "quiet"),
    ],
    "tool": [
        ("What do you cut paper with?", "scissors"),
        ("What tells you the time?", "clock"),
        ("What do you sweep the floor with?", "broom"),
        ("What do you drive a nail into wood with?", "hammer"),
        ("What do you unlock a door with?", "key"),
        ("What keeps you dry when you walk in the rain?", "umbrella"),
        ("What do you eat soup with?", "spoon"),
        ("What do you look at far-away stars with?", "telescope"),
    ],
    "job": [
        ("Who flies an aeroplane?", "pilot"),
        ("Who treats sick people in a hospital?", "doctor"),
        ("Who bakes bread?", "baker"),
        ("Who puts out fires?", "firefighter"),
        ("Who grows wheat and keeps cows?", "farmer"),
        ("Who repairs teeth?", "dentist"),
        ("Who gives lessons at school?", "teacher"),
        ("Who cuts hair?", "barber"),
    ],
}
_WRONG = (1, 3, 6)
"""How far on in the list the wrong options stand, so that each answer is an option four times, once the right one."""


def spread_units() -> Iterator[list[dict[str, Any]]]:
    """For each question its rows, one per format; the place of the right option is balanced."""
    for kind, pairs in QUESTIONS.items():
        for number, (question, answer) in enumerate(pairs):
            others = [pairs[(number + step) % len(pairs)][1] for step in _WRONG]
            gold = number % (len(others) + 1)
            choices = [*others[:gold], answer, *others[gold:]]
            listed = dict(zip("abcd", choices, strict=True))
            item = f"{kind}-{number + 1}"
            yield [
                {
                    "item_id": f"{item}/{name}",
                    "cluster": item,
                    "stratum": name,
                    "prompt": template.format(q=question, **listed),
                    "choices": choices,
                    "gold": gold,
                }
                for name, template in FORMATS.items()
            ]
