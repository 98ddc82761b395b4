"""Make the logs beside this file anew: Inspect itself asks its own test double, `mockllm`, twice.

    python tests/data/inspect/make.py

Two models that answer from a list, so that two imports can be compared: one is right more often than the other.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from inspect_ai import Epochs, Task, eval_set
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, write_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import choice, includes, match
from inspect_ai.solver import generate, multiple_choice

HERE = Path(__file__).parent
SUMS = [(2, 3), (4, 4), (7, 2), (5, 6), (1, 8), (3, 3)]
SEAS = [("Baltic", True), ("Sahara", False), ("Gobi", False), ("Caspian", True), ("Nile", False)]
RIGHT = {"base": (1, 1, 1, 1, 0), "tuned": (1, 0, 1, 0, 1)}
"""Whether the n-th question of a task is answered right, over and over."""


def main() -> None:
    """Ask both models and keep their logs."""
    for name in RIGHT:
        (HERE / f"{name}").mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            for task, answers in (_sums(name), _seas(name)):
                model = get_model("mockllm/model", memoize=False, custom_outputs=answers)
                _, (log,) = eval_set([task], folder + task.name, model=model, display="none", max_samples=1)
                _keep(log.location, name)


def _sums(name: str) -> tuple[Task, list[ModelOutput]]:
    """Asked three times, and scored in two ways: by the end of the answer, and by any part of it."""
    samples = [Sample(input=f"{a} + {b} =", target=str(a + b), id=f"sum-{a}-{b}") for a, b in SUMS]
    task = Task(
        MemoryDataset(samples, name="sums"), solver=generate(), scorer=[match(), includes()], epochs=Epochs(3, "mean"),
        name="sums",
    )  # fmt: skip
    right = RIGHT[name] * 5
    texts = [f"It is {a + b}" if right[n] else f"{a + b} or so" for n, (a, b) in enumerate(SUMS * 3)]
    return task, list(map(_output, texts))


def _seas(name: str) -> tuple[Task, list[ModelOutput]]:
    samples = [
        Sample(input=f"Is the {sea} a sea?", choices=["no", "yes"], target="B" if is_sea else "A", id=number)
        for number, (sea, is_sea) in enumerate(SEAS, start=1)
    ]
    task = Task(MemoryDataset(samples, name="seas"), solver=multiple_choice(), scorer=choice(), name="seas")
    letters = ["AB"[is_sea == bool(right)] for (_, is_sea), right in zip(SEAS, RIGHT[name], strict=True)]
    return task, [_output(f"ANSWER: {letter}") for letter in letters]


def _output(text: str) -> ModelOutput:
    """An answer that brings its number of tokens: without one Inspect counts them with a tokenizer from the network."""
    output = ModelOutput.from_content("mockllm/model", text)
    output.usage = ModelUsage(input_tokens=8, output_tokens=4, total_tokens=12)
    return output


def _keep(location: str, name: str) -> None:
    """Copy a log, without what is of the machine, as another model's."""
    from inspect_ai.log import read_eval_log

    log: EvalLog = read_eval_log(location)
    log.eval.model = f"mockllm/{name}"
    log.eval.revision, log.eval.task_file = None, None
    for sample in log.samples or []:
        sample.events, sample.messages, sample.store = [], [], {}
    write_eval_log(log, str(HERE / name / f"{log.eval.task}.eval"))


if __name__ == "__main__":
    main()
