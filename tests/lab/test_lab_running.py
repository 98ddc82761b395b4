"""A lab on the scripted engine: every checkpoint compared once, in pieces, whatever kills it in between."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from forgetbench.engines.base import EngineOptions
from forgetbench.errors import EngineError, InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.lab.evaluator import Evaluator
from forgetbench.lab.pages import lab_csv, lab_markdown, write_pages
from forgetbench.lab.paths import Lab
from forgetbench.lab.recipe import Recipe, load_recipe
from forgetbench.lab.running import Learn, Learnt, Wanted, run_lab
from forgetbench.lab.stored import alone, load_lab, save_lab
from forgetbench.lab.training.trained import Trained
from forgetbench.lab.training_process import OwnProcess

TARGET = '{"prompt": "Question: 2 + 2\\nAnswer:", "answer": "4"}\n'


class KilledError(Exception):
    """Stands for a kill."""


class Trainings:
    """Trainings that take no time; remembers what was asked of it."""

    def __init__(self, stop_after: int = 100) -> None:
        self.asked: list[tuple[str, int, tuple[str, ...]]] = []
        self.stop_after = stop_after

    def __call__(self, job: tuple[Wanted, Mapping[str, Trained]]) -> Learnt:
        wanted, starts = job
        recipe = wanted.recipe
        if len(self.asked) == self.stop_after:
            raise KilledError
        self.asked.append((recipe.name, wanted.seed, tuple(starts)))
        folders = [(float(step), Path(f"{recipe.name}-{wanted.seed}-{step}")) for step in recipe.checkpoints]
        return Learnt(Trained(recipe, wanted.seed, tuple(folders), None, Path("data.jsonl"), "vllm"))


def small(name: str) -> Recipe:
    """A built-in recipe with two checkpoints; what starts from another starts from full-mid."""
    recipe = load_recipe(name)
    return recipe.model_copy(update={"checkpoints": (5, 10), "start": recipe.start and "full-mid"})


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def suite(tiny_tasks: Path) -> Path:
    """Knowledge and language, and a target of one item."""
    (tiny_tasks / "target.jsonl").write_text(TARGET)
    path = tiny_tasks / "lab.yaml"
    path.write_text(
        "name: tiny-lab\ndomains: {knowledge: [tiny_choice], language: [tiny_cloze], target: [{file: target.jsonl}]}\n"
    )
    return path


def run(out: Path, suite: Path, learn: Learn, *recipes: str, seeds: int = 1, data: str = "mine") -> Lab:
    evaluation = EvaluationOptions(suite=str(suite), results=out)
    with Evaluator("base=base", evaluation, EngineOptions("scripted")) as evaluator:
        return run_lab(
            [small(name) for name in recipes],
            range(seeds),
            learn,
            evaluator,
            out,
            data=data,
            after=lambda lab: save_lab(out, lab),
            own_process=False,
        )


def test_every_checkpoint_of_every_recipe_and_seed_is_compared_with_the_base(out: Path, suite: Path) -> None:
    learn = Trainings()
    lab = run(out, suite, learn, "lora-r8", "dpo", seeds=2)
    # The first seed of all before the second of any; what a recipe starts from is trained before it.
    assert learn.asked == [
        ("lora-r8", 0, ()), ("full-mid", 0, ()), ("dpo", 0, ("full-mid",)),
        ("lora-r8", 1, ()), ("full-mid", 1, ()), ("dpo", 1, ("full-mid",)),
    ]  # fmt: skip
    # Where DPO began is known only where that is measured as well.
    assert [(path.recipe, path.seed) for path in lab.paths] == [(name, seed) for name, seed, _ in learn.asked]
    assert [point.at for point in lab.paths[0].points] == [5, 10]
    assert set(lab.paths[0].points[0].domains) == {"knowledge", "language", "target"}
    for path in lab.paths:
        for point in path.points:
            names = {file.name for file in (out / "comparisons" / point.comparison_id).iterdir()}
            assert names == {"comparison.json", "deltas.csv", "items.parquet"}
    assert load_lab(out) == lab


def test_a_lab_that_was_killed_between_recipes_goes_on_where_it_was(out: Path, suite: Path) -> None:
    with pytest.raises(KilledError):
        run(out, suite, Trainings(stop_after=1), "full-mid", "lora-r8")
    assert [path.recipe for path in load_lab(out).paths] == ["full-mid"]
    before = (out / "comparisons").stat().st_mtime_ns
    learn = Trainings()
    lab = run(out, suite, learn, "full-mid", "lora-r8")
    assert learn.asked == [("lora-r8", 0, ())]
    assert [path.recipe for path in lab.paths] == ["full-mid", "lora-r8"]
    assert (out / "comparisons").stat().st_mtime_ns > before
    # And once more: nothing is left to do.
    again = Trainings()
    assert run(out, suite, again, "full-mid", "lora-r8") == lab
    assert again.asked == []


def test_a_start_that_is_measured_is_found_trained_and_not_asked_again(out: Path, suite: Path) -> None:
    before = run(out, suite, Trainings(), "full-mid")
    learn = Trainings()
    lab = run(out, suite, learn, "full-mid", "dpo")
    assert learn.asked == [("full-mid", 0, ()), ("dpo", 0, ("full-mid",))]
    assert lab.paths[:1] == before.paths
    assert lab.paths[1].start == "full-mid"


def test_another_day_s_recipes_join_the_same_tables(out: Path, suite: Path) -> None:
    run(out, suite, Trainings(), "full-mid")
    lab = run(out, suite, Trainings(), "lora-r8")
    assert lab.recipes == ("full-mid", "lora-r8")
    assert "lora-r8" in lab_markdown(lab)
    assert len(lab_csv(lab).splitlines()) == 1 + 4


def test_a_recipe_that_was_changed_is_made_again_with_what_starts_from_it(out: Path, suite: Path) -> None:
    run(out, suite, Trainings(), "full-mid", "lora-r8", "dpo")
    evaluation = EvaluationOptions(suite=str(suite), results=out)
    changed = small("full-mid").model_copy(update={"learning_rate": 0.1})
    learn = Trainings()
    with Evaluator("base=base", evaluation, EngineOptions("scripted")) as evaluator:
        recipes = [changed, small("lora-r8"), small("dpo")]
        run_lab(recipes, [0], learn, evaluator, out, data="mine", after=lambda lab: None, own_process=False)
    assert [name for name, *_ in learn.asked] == ["full-mid", "dpo"]


def test_another_base_or_data_belongs_into_another_folder(out: Path, suite: Path) -> None:
    run(out, suite, Trainings(), "full-mid")
    with pytest.raises(InputError, match=r"lab\.json: holds paths of another training data; name another folder"):
        run(out, suite, Trainings(), "full-mid", data="other")


@pytest.mark.parametrize("content", ["{", "[]", '{"schema_version": 1, "suite": 3}', '{"schema_version": 99}', ""])
def test_a_corrupt_lab_json_is_one_line_with_the_way_out(out: Path, content: str) -> None:
    out.mkdir()
    (out / "lab.json").write_text(content)
    with pytest.raises(InputError, match=r"lab\.json.*delete it, and forgetbench lab makes it again") as caught:
        load_lab(out)
    assert "\n" not in str(caught.value)


def test_two_labs_do_not_write_one_folder(out: Path) -> None:
    with alone(out), pytest.raises(InputError, match="another forgetbench lab is at work here"), alone(out):
        pass
    with alone(out):
        pass


def test_pages_and_pictures_are_made_of_lab_json_alone(out: Path, suite: Path, tmp_path: Path) -> None:
    lab = run(out, suite, Trainings(), "full-mid", "lora-r8", seeds=2)
    write_pages(lab, tmp_path / "published")
    assert {path.name for path in (tmp_path / "published").rglob("*") if path.is_file()} == {
        "lab.csv", "lab.md", "pareto.png", "pareto.svg"
    }  # fmt: skip


def test_a_recipe_that_fails_is_told_and_the_others_go_on(
    out: Path, suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Diverging(Trainings):
        def __call__(self, job: tuple[Wanted, Mapping[str, Trained]]) -> Learnt:
            if job[0].recipe.name == "full-mid":
                raise EngineError("the loss is nan")
            return super().__call__(job)

    learn = Diverging()
    with pytest.raises(EngineError, match="full-mid, seed 0: the loss is nan; 1 more failed; all others are done"):
        run(out, suite, learn, "full-mid", "dpo", "lora-r8")
    # What starts from it cannot be made either.
    assert [path.recipe for path in load_lab(out).paths] == ["lora-r8"]
    told = capsys.readouterr().err
    assert "full-mid, seed 0: the loss is nan" in told
    assert "dpo, seed 0: recipe 'full-mid', which it starts from, failed" in told
    # And the next command tries it again.
    assert run(out, suite, Trainings(), "full-mid", "dpo", "lora-r8").recipes == ("lora-r8", "full-mid", "dpo")


def test_where_the_engine_takes_the_device_for_itself_all_trainings_come_first(out: Path, suite: Path) -> None:
    class Alone(Evaluator):
        @property
        def shares_device(self) -> bool:
            return False

    learn, seen = Trainings(), []
    with Alone("base=base", EvaluationOptions(suite=str(suite), results=out), EngineOptions("scripted")) as evaluator:
        recipes = [small("full-mid"), small("lora-r8")]
        run_lab(
            recipes, [0], learn, evaluator, out, data="mine", after=lambda lab: seen.append(len(learn.asked)),
            own_process=False,
        )  # fmt: skip
    assert seen == [2, 2, 2]  # after each path, and at the end


def test_what_fails_again_and_again_ends_the_lab(out: Path, suite: Path) -> None:
    def broken(job: tuple[Wanted, Mapping[str, Trained]]) -> Learnt:
        raise EngineError("no memory is left")

    with pytest.raises(EngineError, match=r"^no memory is left$"):
        run(out, suite, broken, "full-mid", "lora-r2", "lora-r8", "lora-r32")


# --- the process that trains ------------------------------------------------------------------


def doubled(number: int) -> int:
    if number == 13:
        raise InputError("not thirteen")
    if number == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 0:
        raise ZeroDivisionError("none")
    return 2 * number


def test_work_is_done_in_another_process_and_its_errors_come_back() -> None:
    with OwnProcess(doubled) as process:
        process.submit(21)
        assert process.result() == 42
        process.submit(13)
        with pytest.raises(InputError, match="not thirteen"):
            process.result()
        process.submit(0)
        with pytest.raises(EngineError, match="ZeroDivisionError: none"):
            process.result()
        process.submit(9)
        with pytest.raises(EngineError, match="exit code -9"):
            process.result()
        process.submit(4)
        assert process.result() == 8
