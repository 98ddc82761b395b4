"""The same faults given to other programs, as their users would: what do they say?"""

from __future__ import annotations

import os
import subprocess
import traceback
from pathlib import Path

from faults.case import Tool, Trial, printed
from faults.workshop import base_model, edit_json

_PATIENCE = 240
"""Seconds for a program in a process of its own."""


def lm_eval(trial: Trial, results: Path) -> tuple[int, str, bool]:
    """lm-eval's `hf` model in float32: base, then candidate, by lm-eval's own Python interface.

    It compares nothing, so a number for the candidate is the verdict. A chat template is applied where a task asks for
    written answers, as its users do with such models.
    """
    results.mkdir()
    base = trial.base or base_model(results)
    sides = [base, trial.candidate] if trial.candidate else [base]
    with printed() as text:
        try:
            runs = [step for step in trial.steps if callable(step) or step[0] == "run"]
            for step in runs or ((),):
                if callable(step):
                    if step.__name__ != "compare":
                        step()
                    continue
                for side in sides:
                    _evaluate(base, side, trial)
            code = 0
        except BaseException as error:  # whatever it raises, its user sees it at the end of a traceback
            print("".join(traceback.format_exception_only(error)))
            code = 1
    return code, text(), code == 0


def _evaluate(base: Path, side: Path, trial: Trial) -> None:
    import lm_eval
    from lm_eval.tasks import TaskManager

    assert trial.task is not None
    os.chdir(trial.task.parent)
    peft = (side / "adapter_config.json").is_file()
    arguments = {"pretrained": str(base if peft else side), "dtype": "float32", "device": "cpu"}
    if peft:
        arguments["peft"] = str(side)
    chat = "generate_until" in (trial.task.parent / "words.yaml").read_text(encoding="utf-8")
    lm_eval.simple_evaluate(
        model="hf",
        model_args=arguments,
        tasks=["words"],
        task_manager=TaskManager(include_path=str(trial.task.parent), include_defaults=False),
        apply_chat_template=chat and (side / "chat_template.jinja").is_file(),
        bootstrap_iters=0,
    )


_DETERMINISTIC = """
import sys
from finetunecheck.config import EvalConfig
from finetunecheck.eval.runner import EvalRunner

base, candidate = sys.argv[1:]
probes = ["world_knowledge", "classification"]
config = EvalConfig(
    base_model=base, finetuned_model=candidate, general_probes=probes, num_samples=2, device="cpu", cache_baseline=False
)
results = EvalRunner(config).run()
print("verdict", results.verdict, results.summary, results.concerns)
"""
"""What `ftcheck run` does, with two probes that need no other model as judge."""


def finetunecheck(python: Path) -> Tool:
    """finetunecheck in an environment of its own, which it needs: it takes transformers 4. It has its own tasks.

    What transformers 4 cannot read of a sound folder that transformers 5 wrote is put right first, and the window is
    made long enough for its answers of 512 tokens.
    """

    def tool(trial: Trial, results: Path) -> tuple[int, str, bool]:
        if trial.base is None or trial.candidate is None:
            return 0, NOT_APPLICABLE, False
        for folder in (trial.base, trial.candidate):
            _for_transformers_4(folder)
        command = [str(python), "-c", _DETERMINISTIC, str(trial.base), str(trial.candidate)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            return -1, f"no answer within {_PATIENCE} seconds", False
        # Of a traceback, the end: the lines of the program's own code are no message.
        text = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("  "))
        return done.returncode, text, "verdict " in done.stdout

    return tool


NOT_APPLICABLE = "not applicable: it has its own tasks"


def _for_transformers_4(folder: Path) -> None:
    path = folder / "tokenizer_config.json"
    if path.is_file():
        settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 4096}
        edit_json(path, model_input_names=["input_ids", "attention_mask"], **settings)
    path = folder / "config.json"
    if path.is_file() and "max_position_embeddings" in path.read_text(encoding="utf-8"):
        edit_json(path, max_position_embeddings=4096)
