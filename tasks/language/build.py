"""Assemble the language tasks' JSONL files from the texts beside this script, the same bytes every time.

python tasks/language/build.py            write the files
python tasks/language/build.py --check    exit 1 if a file differs from what would be written

`passages/`, `passages_zh/` and `cloze.txt` are written by hand: entries under `%% name | origin`, as SOURCES.md says.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from forgetbench.metrics.text import words
from forgetbench.suites.building import build_command

HERE = Path(__file__).parent
SEED = 5
PASSAGE_WORDS = range(60, 151)
FEWSHOT_FRAME = "fewshot-errand"

Row = dict[str, Any]


class Entry(NamedTuple):
    """One entry of a text file."""

    name: str
    origin: str
    text: str


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a file: `%% name` or `%% name | origin`, and the text up to the next one."""
    for block in path.read_text(encoding="utf-8").removeprefix("%% ").split("\n%% "):
        head, _, text = block.partition("\n")
        name, _, origin = (part.strip() for part in head.partition("|"))
        yield Entry(name, origin, text.strip())


def shuffled(rows: Sequence[Row]) -> list[Row]:
    """In a fixed random order: the first n are then a fair sample, for runs with a limit."""
    return random.Random(SEED).sample(rows, len(rows))


# --- passages ---------------------------------------------------------------------------------


def passages(folder: Path, prefix: str) -> list[Row]:
    """One row per passage; its genre, the file's name, is the stratum."""
    rows = []
    for path in sorted(folder.glob("*.txt")):
        for entry in entries(path):
            item_id = f"{prefix}-{path.stem}-{entry.name}"
            length = len(words(entry.text))
            assert length in PASSAGE_WORDS, f"{path.name}, {entry.name}: {length} words"
            origin = entry.origin or "written for forgetbench"
            rows.append(
                {"item_id": item_id, "cluster": item_id, "stratum": path.stem, "origin": origin, "text": entry.text}
            )
    return shuffled(rows)


# --- cloze ------------------------------------------------------------------------------------


def cloze() -> list[Row]:
    """Four rows per frame: four beginnings, each of which makes another of the four words the right end."""
    frames = list(entries(HERE / "cloze.txt"))
    test = [row for frame in frames if frame.name != FEWSHOT_FRAME for row in frame_rows(frame)]
    shots = [row for frame in frames if frame.name == FEWSHOT_FRAME for row in frame_rows(frame)]
    return [*({**row, "split": "fewshot"} for row in shots[:3]), *shuffled(test)]


def frame_rows(frame: Entry) -> list[Row]:
    """The rows of one frame. Each has the words in another order, so that the right one stands once at each place."""
    closing, *lines = frame.text.splitlines()
    contexts = dict(line.split(": ", 1) for line in lines)
    order = random.Random(f"{SEED}:{frame.name}").sample(sorted(contexts), len(contexts))
    assert len(order) == 4 and closing.startswith("= "), frame.name
    rows = []
    for turn, answer in enumerate(order):
        place = random.Random(f"{SEED}:{frame.name}:places").sample(range(4), 4)[turn]
        others = [word for word in order if word != answer]
        choices = [*others[:place], answer, *others[place:]]
        rows.append(
            {
                "item_id": f"cloze-{frame.name}-{answer.lower()}",
                "cluster": f"cloze-{frame.name}",
                "stratum": "narrative",
                "split": "test",
                "passage": f"{contexts[answer]} {closing.removeprefix('= ')}",
                "choices": choices,
                "gold": place,
                "answer": answer,
            }
        )
    return rows


# --- prompts for free generation --------------------------------------------------------------

FORMS = {"en": "Question: {}\nAnswer:", "zh": "问题：{}\n回答："}

PROMPTS: Mapping[tuple[str, str], Sequence[str]] = {
    ("en", "explain"): [
        "How does a bicycle stay upright?",
        "Why do we see lightning before we hear thunder?",
        "What happens to bread when you toast it?",
        "Explain to a child why leaves change their colour in autumn.",
        "How does a bank make money?",
        "What is the difference between weather and climate?",
        "Why do people dream?",
        "How does a refrigerator keep food cold?",
    ],
    ("en", "story"): [
        "Tell a story about a dog who learns to open doors.",
        "Write the beginning of a story that takes place on a night train.",
        "Tell me about the worst holiday that anyone ever had.",
        "Write a story about two brothers who own one coat.",
        "Describe the first morning on another planet.",
        "Tell a story in which nothing happens.",
        "Write about an old woman who finds a letter in a library book.",
        "Tell the tale of how the owl lost its way.",
    ],
    ("en", "advice"): [
        "How should I prepare for a long walk in the mountains?",
        "What can I do when I cannot sleep?",
        "How do I make friends in a new town?",
        "Give me some advice on speaking in front of many people.",
        "What should I cook for six guests, one of whom eats no meat?",
        "How can I save money on heating?",
        "How do I teach a child to swim?",
        "What should I think about before I buy a used car?",
    ],
    ("en", "opinion"): [
        "Should schools forbid mobile phones?",
        "Is it better to live in a city or in a village?",
        "What makes a good teacher?",
        "Are zoos a good idea?",
        "What is the most useful invention of all time?",
        "Should museums be free?",
        "Is it ever right to tell a lie?",
        "What will houses look like in a hundred years?",
    ],
    ("en", "text"): [
        "Write a letter to a friend who has moved abroad.",
        "Write an advertisement for an umbrella.",
        "Describe a market on a summer morning.",
        "Write a short speech for the opening of a bridge.",
        "Write a poem about rain.",
        "List what you would pack for a week at the sea.",
        "Describe your favourite room.",
        "Write a conversation between a cat and a goldfish.",
    ],
    ("zh", "explain"): [
        "为什么天空是蓝色的？",
        "冰箱是怎样让食物保持低温的？",
        "为什么我们会做梦？",
        "请向一个孩子解释什么是钱。",
        "为什么先看到闪电，后听到雷声？",
        "豆腐是怎么做出来的？",
    ],
    ("zh", "story"): [
        "请讲一个关于一只会开门的猫的故事。",
        "写一个发生在夜班火车上的故事的开头。",
        "请讲一个老人在旧书里发现一封信的故事。",
        "写一写你在另一个星球上的第一个早晨。",
        "讲一个什么也没有发生的故事。",
        "请讲一讲月亮为什么会迷路。",
    ],
    ("zh", "advice"): [
        "晚上睡不着觉的时候，应该怎么办？",
        "怎样才能学好一门外语？",
        "第一次去爬山需要准备些什么？",
        "在很多人面前讲话很紧张，有什么好办法？",
        "搬到一个新的城市以后，怎样认识朋友？",
        "买二手自行车的时候要注意什么？",
    ],
    ("zh", "text"): [
        "给一位去了外国的朋友写一封信。",
        "请描写一个夏天早晨的菜市场。",
        "写一首关于雨的诗。",
        "请为一把雨伞写一段广告。",
        "你觉得住在城市好还是住在农村好？",
        "请写一段猫和金鱼的对话。",
    ],
}


def prompts() -> list[Row]:
    """One row per prompt; `ask` is what is sent, `prompt` the question alone."""
    rows = []
    for (language, kind), questions in PROMPTS.items():
        for number, question in enumerate(questions, start=1):
            item_id = f"deg-{language}-{kind}-{number}"
            ask = FORMS[language].format(question)
            rows.append({"item_id": item_id, "cluster": item_id, "stratum": language, "prompt": question, "ask": ask})
    return shuffled(rows)


if __name__ == "__main__":
    sys.exit(
        build_command(
            {
                HERE / "passages.jsonl": lambda: passages(HERE / "passages", "en"),
                HERE / "passages_zh.jsonl": lambda: passages(HERE / "passages_zh", "zh"),
                HERE / "cloze.jsonl": cloze,
                HERE / "prompts.jsonl": prompts,
            },
            "Assemble the language tasks' data.",
        )
    )
