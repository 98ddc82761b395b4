"""Assemble free.jsonl and elasticity.jsonl from the lists below, the same bytes every time.

python tasks/format_rigidity/build.py            write both files
python tasks/format_rigidity/build.py --check    exit 1 if a file differs from what would be written
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

SEED = 20
CONSTRAINTS_PER_QUESTION = 3

# (question, a word that an answer may well contain). Asked with and without a constraint.
QUESTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "fact": [
        ("What is the capital of France?", "city"),
        ("What do bees make?", "flowers"),
        ("Which planet is known as the red planet?", "Mars"),
        ("What is the largest ocean on Earth?", "water"),
        ("What metal do magnets attract best?", "iron"),
        ("What do plants need to grow?", "light"),
        ("What is the opposite of hot?", "winter"),
    ],
    "yes_no": [
        ("Is the Sun a star?", "energy"),
        ("Can penguins fly?", "birds"),
        ("Is water wet?", "rain"),
        ("Do fish sleep?", "night"),
        ("Is chess a sport?", "game"),
        ("Should children learn to cook?", "food"),
        ("Is it healthy to walk every day?", "heart"),
    ],
    "explain": [
        ("Why is the sky blue?", "light"),
        ("How does a bicycle stay upright?", "balance"),
        ("Why do leaves change colour in autumn?", "green"),
        ("What is a rainbow?", "rain"),
        ("Why do we have seasons?", "summer"),
        ("How does a candle burn?", "air"),
        ("What makes bread rise?", "yeast"),
    ],
    "list": [
        ("What are some good breakfast foods?", "eggs"),
        ("Which animals live on a farm?", "sheep"),
        ("What should I pack for a day at the beach?", "towel"),
        ("What fruits grow on trees?", "apples"),
        ("Which tools does a gardener need?", "spade"),
        ("What games can you play outdoors?", "ball"),
        ("What are some common musical instruments?", "piano"),
    ],
    "advice": [
        ("How can I sleep better?", "bed"),
        ("How do I make new friends?", "smile"),
        ("How can I save money?", "plan"),
        ("How can I learn a language faster?", "practice"),
        ("How can I be less nervous before a speech?", "breathe"),
        ("How do I keep houseplants alive?", "water"),
        ("How can I read more books?", "time"),
    ],
    "opinion": [
        ("What is the best season of the year?", "weather"),
        ("Do you prefer cats or dogs?", "friend"),
        ("What makes a good teacher?", "patience"),
        ("Is it better to live in a city or in a village?", "quiet"),
        ("What is the most useful invention?", "people"),
        ("Which school subject matters most?", "world"),
        ("What is the best way to spend a Sunday?", "family"),
    ],
    "describe": [
        ("Describe an elephant.", "trunk"),
        ("Describe a busy market.", "people"),
        ("What does fresh coffee smell like?", "warm"),
        ("Describe the sea during a storm.", "waves"),
        ("What does a forest sound like at night?", "owl"),
        ("Describe your ideal kitchen.", "table"),
        ("What does snow feel like?", "cold"),
    ],
    "how_to": [
        ("How do you make a cup of tea?", "boil"),
        ("How do you plant a tree?", "hole"),
        ("How do you wash a car?", "soap"),
        ("How do you boil an egg?", "minutes"),
        ("How do you tie your shoes?", "loop"),
        ("How do you wrap a present?", "paper"),
        ("How do you clean a window?", "cloth"),
    ],
}

# Asked only as they are: they widen the range of shapes that a flexible model would show.
OTHER_PROMPTS: Mapping[str, Sequence[str]] = {
    "small_talk": [
        "Hello! How are you today?",
        "Good morning.",
        "Thanks for your help yesterday.",
        "I am so tired after work.",
        "Guess what, I got the job!",
        "It has been raining all week here.",
        "What are you up to this weekend?",
        "Good night, see you tomorrow.",
    ],
    "rewrite": [
        "Make this sentence polite: Give me the salt.",
        "Correct the mistakes: he go to school yesterday",
        "Say this in simpler words: The meeting has been postponed indefinitely.",
        "Turn this into a question: The shop opens at nine.",
        "Put this in the past tense: I walk to the station and buy a paper.",
        "Make this sound more exciting: We went to the lake.",
    ],
    "translate": [
        "Translate into French: Good evening, my friend.",
        "Translate into Spanish: Where is the library?",
        "Translate into German: The book is on the table.",
        "What does the Italian word 'grazie' mean?",
        "How do you say 'thank you' in Japanese?",
        "Translate into English: Me llamo Ana y vivo en Madrid.",
    ],
    "code": [
        "Write a Python function that adds two numbers.",
        "Write an SQL query that returns all users older than 30.",
        "What does this Python code print? print(len('hello'))",
        "How do I reverse a list in Python?",
        "Write a shell command that lists all files in a folder.",
        "Write HTML for a link to example.com.",
    ],
    "math": [
        "What is 17 plus 25?",
        "A shirt costs 20 dollars and is 25% off. What is the new price?",
        "How many minutes are there in three hours?",
        "Solve for x: 2x + 3 = 11",
    ],
    "classify": [
        "Is this review positive or negative? I loved every minute of it.",
        "Which word does not belong: apple, banana, carrot, cherry?",
        "Sort these words alphabetically: pear, apple, fig.",
        "Is a tomato a fruit or a vegetable?",
    ],
    "role_play": [
        "You are a ship's captain. Greet your crew.",
        "Pretend to be a tree and tell me about your day.",
        "You are a waiter. Tell me about today's soup.",
    ],
    "summarise": [
        "Summarise: The bridge was closed for repairs in May. It opened again in July, a week late.",
        "What is the main point? Exercise helps the heart, lifts the mood and costs nothing.",
        "Give this story a title: A boy finds a key in the garden and looks for the lock all summer.",
    ],
}

ALL_KINDS = tuple(QUESTIONS)
LONGER = ("explain", "advice", "opinion", "describe", "how_to")
LISTS = ("list", "advice", "how_to")


class Constraint(NamedTuple):
    """A constraint, its wordings (filled in from its parameters), and where it makes sense."""

    name: str
    wordings: Sequence[str]
    parameters: Sequence[Mapping[str, Any]] = ({},)
    kinds: Sequence[str] = ALL_KINDS


CONSTRAINTS = [
    Constraint("json", ["Answer only with a JSON object.", "Reply in valid JSON and nothing else."]),
    Constraint(
        "bullets",
        [
            "Answer with exactly {n} bullet points, each starting with '- '.",
            "Give your answer as a bullet list of {n} items.",
        ],
        [{"n": 2}, {"n": 3}, {"n": 4}],
        LISTS,
    ),
    Constraint(
        "numbered",
        ["Answer with a numbered list of exactly {n} items.", "Number your points from 1. to {n}."],
        [{"n": 2}, {"n": 3}, {"n": 4}],
        LISTS,
    ),
    Constraint(
        "table",
        ["Answer with a markdown table.", "Put your answer in a markdown table with two columns."],
        kinds=("list", "how_to"),
    ),
    Constraint(
        "code_block",
        ["Put your whole answer in a code block with triple backticks.", "Answer inside ``` and ``` only."],
    ),
    Constraint(
        "comma_list",
        [
            "Answer with exactly {n} things on one line, separated by commas.",
            "Name {n}, separated by commas.",
        ],
        [{"n": 3}, {"n": 4}, {"n": 5}],
        ("list",),
    ),
    Constraint(
        "wrapped",
        [
            "Put your whole answer between {left} and {right}.",
            "Start your answer with {left} and end it with {right}.",
        ],
        [{"left": '"', "right": '"'}, {"left": "[", "right": "]"}, {"left": "<<", "right": ">>"}],
    ),
    Constraint(
        "paragraphs",
        ["Write exactly {n} paragraphs, with an empty line between them.", "Use {n} short paragraphs."],
        [{"n": 2}],
        LONGER,
    ),
    Constraint(
        "header",
        ["Begin with a markdown heading, such as '# Title'.", "Put a line starting with # on top."],
        kinds=LONGER,
    ),
    Constraint("bold", ["Put the most important word in **bold**.", "Use markdown **bold** for at least one word."]),
    Constraint(
        "one_word",
        ["Answer with one word.", "Reply with a single word only."],
        kinds=("fact", "yes_no", "opinion"),
    ),
    Constraint(
        "max_words",
        ["Use at most {n} words.", "Answer in {n} words or fewer."],
        [{"n": 5}, {"n": 8}, {"n": 12}],
    ),
    Constraint("one_sentence", ["Answer in exactly one sentence.", "Reply with a single sentence."]),
    Constraint("yes_no", ["Answer yes or no only.", "Reply with just 'yes' or 'no'."], kinds=("yes_no",)),
    Constraint(
        "begin_with",
        ["Begin your answer with the word '{text}'.", "The first word of your answer must be '{text}'."],
        [{"text": "Honestly"}, {"text": "Well"}, {"text": "Today"}, {"text": "Indeed"}],
    ),
    Constraint(
        "end_with",
        ["End your answer with the words: {text}", "The last words of your answer must be: {text}"],
        [{"text": "That is all."}, {"text": "I hope this helps."}, {"text": "The end."}],
    ),
    Constraint("include", ["Use the word '{text}' in your answer.", "Your answer must contain the word '{text}'."]),
    Constraint(
        "exclude",
        ["Do not use the word '{text}'.", "Answer without the word '{text}'."],
        [{"text": "the"}, {"text": "is"}, {"text": "and"}],
        LONGER,
    ),
    Constraint("lowercase", ["Write in lowercase letters only.", "Do not use any capital letters."]),
    Constraint("uppercase", ["Write in capital letters only.", "ANSWER IN ALL CAPITALS."]),
    Constraint("no_commas", ["Do not use any commas.", "Answer without commas."], kinds=("list", *LONGER)),
    Constraint("question", ["Answer with a question.", "Your answer must end with a question mark."]),
    Constraint("exclamation", ["End your answer with an exclamation mark.", "The last character must be '!'."]),
]


def by_turns(groups: Iterable[Sequence[Any]]) -> Iterator[Any]:
    """One of each group, then the next of each: the first N rows are then of all kinds."""
    for row in zip_longest(*groups):
        yield from (value for value in row if value is not None)


def questions() -> list[tuple[str, str, str, str]]:
    """(id, kind, question, keyword) of every question, the kinds in turn."""
    groups = [
        [(f"{kind}-{i}", kind, question, keyword) for i, (question, keyword) in enumerate(pairs, start=1)]
        for kind, pairs in QUESTIONS.items()
    ]
    return list(by_turns(groups))


def free_rows() -> list[dict[str, str]]:
    """All prompts that ask for no format; each is its own cluster."""
    others = [
        [(f"{kind}-{i}", kind, prompt) for i, prompt in enumerate(prompts, start=1)]
        for kind, prompts in OTHER_PROMPTS.items()
    ]
    rows = by_turns([[q[:3] for q in questions()], list(by_turns(others))])
    return [{"item_id": i, "cluster": i, "stratum": kind, "prompt": prompt} for i, kind, prompt in rows]


def elasticity_rows() -> list[dict[str, str]]:
    """Constraints spread evenly over the questions they fit; a constrained prompt, then its free twin.

    Each question takes the constraints used least so far, so all are used about equally often;
    parameters and wordings of one constraint are used in turn.
    """
    rng = random.Random(SEED)
    used: Counter[str] = Counter()
    rows = []
    for question_id, kind, question, keyword in questions():
        fitting = [constraint for constraint in CONSTRAINTS if kind in constraint.kinds]
        fitting.sort(key=lambda constraint: (used[constraint.name], rng.random()))
        for constraint in fitting[:CONSTRAINTS_PER_QUESTION]:
            turn = used[constraint.name]
            used[constraint.name] += 1
            parameters = dict(constraint.parameters[turn % len(constraint.parameters)])
            if constraint.name == "include":
                parameters["text"] = keyword
            # The wording changes after each round of the parameters, so all pairs of the two occur.
            wordings = constraint.wordings
            wording = wordings[(turn // len(constraint.parameters)) % len(wordings)].format(**parameters)
            for side, prompt in (("asked", f"{question} {wording}"), ("free", question)):
                rows.append(
                    {
                        "item_id": f"{question_id}-{constraint.name}/{side}",
                        "cluster": question_id,
                        "stratum": constraint.name,
                        "prompt": prompt,
                        "constraint": constraint.name,
                        "parameters": json.dumps(parameters, sort_keys=True),
                    }
                )
    return rows


def main() -> int:
    """Write or check the two files; the exit code."""
    parser = argparse.ArgumentParser(description="Assemble the documents of the format_rigidity tasks.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    check = parser.parse_args().check
    changed = False
    for name, rows in (("free.jsonl", free_rows()), ("elasticity.jsonl", elasticity_rows())):
        path = Path(__file__).with_name(name)
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        differs = not path.is_file() or path.read_bytes() != content
        changed |= differs
        if check:
            print(f"{name}: {'differs' if differs else 'as built'}")
        else:
            path.write_bytes(content)
            print(f"{name}: {len(rows)} rows")
    return int(check and changed)


if __name__ == "__main__":
    raise SystemExit(main())
