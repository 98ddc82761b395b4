"""Make the logs beside this file anew: lighteval itself asks its own test double, `DummyModel`, with two seeds.

    pip install lighteval && python tests/data/lighteval/make.py

Its answers are random likelihoods and one text, so the scores say nothing; what is kept is the shape of the files.
This file is also the module of tasks that lighteval loads.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from lighteval.metrics.metrics import Metrics
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc

HERE = Path(__file__).parent
DATA = HERE.parent / "lm_eval" / "tasks"
DATES = {"base": "2026-01-05T10-00-00.000001", "tuned": "2026-01-06T11-30-00.000002"}


def capitals(line: dict, task_name: str) -> Doc:
    """A question with four options, rated by likelihood."""
    choices = [f" {option}" for option in line["options"]]
    return Doc(query=f"{line['question']}\nAnswer:", choices=choices, gold_index=line["answer"], task_name=task_name)


def sums(line: dict, task_name: str) -> Doc:
    """A question that is answered in writing."""
    return Doc(query=line["question"], choices=[line["answer"]], gold_index=0, task_name=task_name)


def _task(name: str, prompt: object, metrics: list[object]) -> LightevalTaskConfig:
    return LightevalTaskConfig(
        name=name, prompt_function=prompt, hf_repo=str(Path(tempfile.gettempdir()) / "lighteval-data" / name),
        hf_subset="default", metrics=metrics, hf_avail_splits=["test"], evaluation_splits=["test"],
        few_shots_split=None, few_shots_select=None, generation_size=8, stop_sequence=["\n"], version=1,
    )  # fmt: skip


TASKS_TABLE = [
    _task("capitals", capitals, [Metrics.loglikelihood_acc]),
    _task("sums", sums, [Metrics.exact_match]),
]


def main() -> None:
    """Evaluate with both seeds and keep the logs."""
    from lighteval.logging.evaluation_tracker import EvaluationTracker
    from lighteval.models.dummy.dummy_model import DummyModelConfig
    from lighteval.pipeline import ParallelismManager, Pipeline, PipelineParameters
    from lighteval.tasks.registry import Registry

    # Its own tasks are not needed, and one of them asks the network for a file as soon as it is listed.
    Registry._load_from_files = staticmethod(lambda *_: {})
    Registry._load_from_subdirs = staticmethod(lambda *_: {})
    for name in ("capitals", "sums"):
        folder = Path(tempfile.gettempdir()) / "lighteval-data" / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(DATA / f"{name}.jsonl", folder / "test.jsonl")
    parameters = PipelineParameters(launcher_type=ParallelismManager.NONE, custom_tasks_directory=__file__)
    for seed, (name, date) in enumerate(DATES.items()):
        with tempfile.TemporaryDirectory() as out:
            tracker = EvaluationTracker(output_dir=out, save_details=True)
            model = DummyModelConfig(model_name=f"example/{name}", seed=seed)
            pipeline = Pipeline("capitals|0,sums|0", parameters, tracker, model_config=model)
            pipeline.evaluate()
            pipeline.save_and_push_results()
            _keep(Path(out), HERE / name, date)


def _keep(out: Path, folder: Path, date: str) -> None:
    """Copy results and details, named as if made at `date`."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted(out.rglob("*")):
        if path.is_file():
            stamp = path.stem.rpartition("_")[2]
            kept = folder / str(path.relative_to(out)).replace(stamp, date)
            kept.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".json":
                content = json.loads(path.read_text())
                general = content["config_general"]
                for field in ("start_time", "end_time", "total_evaluation_time_secondes", "lighteval_sha"):
                    general.pop(field, None)
                # The seed stands for the weights of two models, which were asked alike.
                general["model_config"]["seed"] = 0
                content = json.loads(json.dumps(content).replace(tempfile.gettempdir(), "place"))
                kept.write_text(json.dumps(content, indent=1) + "\n")
            else:
                shutil.copy(path, kept)


if __name__ == "__main__":
    sys.exit(main())
