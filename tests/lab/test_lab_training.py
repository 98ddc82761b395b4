"""Every recipe on a base of two blocks: what it leaves behind, what it changes, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from lab_toys import ByLengthData, ToyData
from safetensors.torch import load_file
from tiny_models import make_tiny_model
from transformers import AutoModelForCausalLM

from forgetbench.comparison.sft_data import read_sft_data
from forgetbench.diagnosis.training_log import read_training_history
from forgetbench.errors import CheckpointError, EngineError, InputError
from forgetbench.fingerprint import tokenizer_fingerprint
from forgetbench.lab.corpus import LabData
from forgetbench.lab.recipe import Recipe, builtin_recipes, load_recipe, with_starts
from forgetbench.lab.training import Trained, train
from forgetbench.lab.training.averaging import average
from forgetbench.lab.training.checkpoints import complete
from forgetbench.lab.training.job import Job
from forgetbench.lab.training.penalty import kl_to_base, predicted
from forgetbench.progress import Progress


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost such a small model more than they give, above all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("base"))


def recipe(**fields: Any) -> Recipe:
    small = {"data": {"pairs": 8}, "batch_size": 4, "checkpoints": (1, 3), "learning_rate": 1e-2, "warmup_steps": 0}
    return Recipe.model_validate({"name": "toy", "what": "a toy", **small, **fields})


def small(name: str) -> Recipe:
    """A built-in recipe for the toy base, in two steps."""
    full = load_recipe(name).shortened(2)
    changes: dict[str, Any] = {"data": full.data.model_copy(update={"pairs": 20}), "batch_size": 8}
    if full.layers is not None:
        changes["layers"] = {"top": 1} if full.layers.top else {"freeze_bottom": 1}
    if full.early_stopping is not None:
        changes["early_stopping"] = full.early_stopping.model_copy(update={"every": 1})
    return Recipe.model_validate(full.model_dump(exclude_unset=True) | {"name": name} | changes)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def distance(one: Path, other: Path) -> float:
    ours, theirs = weights(one), weights(other)
    return float(sum(((ours[name] - theirs[name]) ** 2).sum() for name in ours) ** 0.5)


def data_rows(trained: Trained) -> list[dict[str, Any]]:
    return [json.loads(line) for line in trained.data.read_text().splitlines()]


# --- what every recipe leaves -----------------------------------------------------------------


@pytest.mark.parametrize("name", builtin_recipes())
def test_a_recipe_leaves_whole_checkpoints_their_log_and_their_data(name: str, base: Path, tmp_path: Path) -> None:
    starts: dict[str, Trained] = {}
    for each in with_starts([load_recipe(name)]):
        data: LabData = ByLengthData() if each.data.self_distilled or each.method == "grpo" else ToyData()
        starts[each.name] = train(small(each.name), base, data, 0, tmp_path / each.name, starts=starts)
    trained = starts[name]
    if trained.recipe.method == "average":
        assert [(weight, path.name) for weight, path in trained.checkpoints] == [
            (0.25, "weight-0.25"), (0.5, "weight-0.5"), (0.75, "weight-0.75"),
        ]  # fmt: skip
        assert trained.log is None
    else:
        assert [(step, path.name) for step, path in trained.checkpoints] == [(1, "checkpoint-1"), (2, "checkpoint-2")]
        assert trained.log is not None
        assert read_training_history(trained.log).steps == 2
    assert read_sft_data(trained.data).answers
    for _, path in trained.checkpoints:
        assert not [file.name for file in path.iterdir() if file.suffix in (".bin", ".pt", ".pth", ".pkl")]
        assert tokenizer_fingerprint(path) == tokenizer_fingerprint(base)
        if trained.engine == "vllm":
            assert (path / "config.json").read_bytes() == (base / "config.json").read_bytes()
            assert {k: v.shape for k, v in weights(path).items()} == {k: v.shape for k, v in weights(base).items()}
            assert not list(path.glob("adapter*"))
        else:
            assert (path / "adapter_config.json").is_file() and not (path / "config.json").exists()
    if trained.engine == "vllm":
        assert 0 < distance(trained.last, base) < float("inf")


def test_nothing_is_printed_and_progress_counts_the_steps(
    base: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stages: list[tuple[str, int]] = []
    advanced: list[int] = []
    progress = Progress(start=lambda label, total: stages.append((label, total)), advance=advanced.append)
    train(recipe(), base, ToyData(), 0, tmp_path / "out", progress)
    assert stages == [("training toy", 3)] and sum(advanced) == 3
    assert capfd.readouterr().out == ""


def test_the_same_seed_gives_the_same_weights(base: Path, tmp_path: Path) -> None:
    first, second, other = (
        train(recipe(), base, ToyData(), seed, tmp_path / name).last for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert (first / "model.safetensors").read_bytes() == (second / "model.safetensors").read_bytes()
    assert distance(first, other) > 0


def test_a_finished_training_is_taken_as_it_is_and_another_is_refused(base: Path, tmp_path: Path) -> None:
    first = train(recipe(), base, ToyData(), 0, tmp_path / "out")
    stages: list[str] = []
    again = train(recipe(), base, ToyData(), 0, tmp_path / "out", Progress(start=lambda *stage: stages.append("")))
    assert again == first and not stages
    with pytest.raises(InputError, match=r"holds another training \(other data, recipe, seed\)"):
        train(recipe(learning_rate=1e-3), base, ToyData(), 1, tmp_path / "out")


def test_an_interrupted_training_leaves_nothing(base: Path, tmp_path: Path) -> None:
    def interrupt(steps: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe(), base, ToyData(), 0, tmp_path / "out", Progress(advance=interrupt))
    assert [path.name for path in tmp_path.iterdir()] == [".out.lock"]


# --- which weights ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "changed"),
    [
        ({"top": 1}, {"model.layers.1."}),
        ({"freeze_bottom": 1}, {"model.layers.1.", "model.norm.", "lm_head."}),
    ],
)
def test_frozen_layers_are_the_base_s_to_the_bit(
    layers: dict[str, int], changed: set[str], base: Path, tmp_path: Path
) -> None:
    last = train(recipe(layers=layers), base, ToyData(), 0, tmp_path / "out").last
    before, after = weights(base), weights(last)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {name for name in before if name.startswith(tuple(changed))}


def test_more_frozen_blocks_than_there_are_is_refused(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"field 'layers': 2 blocks of a model that has 2"):
        train(recipe(layers={"freeze_bottom": 2}), base, ToyData(), 0, tmp_path / "out")


@pytest.mark.parametrize("kind", ["lora", "ia3"])
def test_a_merged_adapter_answers_as_the_adapter_did(kind: str, base: Path, tmp_path: Path) -> None:
    config: dict[str, peft.PeftConfig] = {
        "lora": peft.LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear", init_lora_weights=False),
        "ia3": peft.IA3Config(task_type="CAUSAL_LM", init_ia3_weights=False),
    }
    adapted = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config[kind]).eval()
    tokens = torch.arange(1, 9)[None]
    with torch.no_grad():
        plain, expected = adapted.get_base_model(), adapted(tokens).logits
        with adapted.disable_adapter():
            assert not torch.allclose(plain(tokens).logits, expected, atol=1e-3)
    adapted.save_pretrained(tmp_path)
    complete(tmp_path, Job(recipe(adapter={"kind": kind}), base, base, ToyData(), [], 0, tmp_path, Progress()))
    merged = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        torch.testing.assert_close(merged(tokens).logits, expected, rtol=1e-4, atol=1e-5)


def test_half_of_two_checkpoints_is_their_mean(base: Path, tmp_path: Path) -> None:
    tuned = train(recipe(), base, ToyData(), 0, tmp_path / "tuned").last
    average(base, tuned, 0.5, tmp_path)
    before, after, mean = weights(base), weights(tuned), weights(tmp_path)
    assert mean.keys() == before.keys()
    for name in mean:
        torch.testing.assert_close(mean[name], (before[name] + after[name]) / 2)


def test_only_checkpoints_of_one_shape_are_averaged(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    tensors = weights(base)
    tensors["model.norm.weight"] = torch.ones(31)
    other = tmp_path / "other"
    other.mkdir()
    save_file(tensors, other / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"model\.norm\.weight is not as in"):
        average(base, other, 0.5, tmp_path)


# --- what is learned from ---------------------------------------------------------------------


def test_shares_are_of_all_rows(base: Path, tmp_path: Path) -> None:
    mixed = recipe(data={"pairs": 60, "replay": 0.25, "multitask": 0.15})
    rows = data_rows(train(mixed, base, ToyData(), 0, tmp_path / "out"))
    assert len(rows) == 100
    assert sum("text" in row for row in rows) == 25
    assert sum("+" in row.get("prompt", "") for row in rows) == 15


def test_replies_are_learned_and_prompts_are_not(base: Path, tmp_path: Path) -> None:
    """One reply to everything: its loss goes to nothing, which that of the random letters in the prompts cannot."""
    trained = train(
        recipe(data={"pairs": 12}, checkpoints=(60,), learning_rate=2e-2), base, _OneReply(), 0, tmp_path / "out"
    )
    assert trained.log is not None
    assert read_training_history(trained.log).logged[-1].loss < 0.05


class _OneReply(ToyData):
    def target(self, *args: Any, **kwargs: Any) -> Any:
        pairs = super().target(*args, **kwargs)
        return [type(pair)(pair.prompt, " Yes.") for pair in pairs]


def test_grpo_writes_down_what_it_was_rewarded_for(base: Path, tmp_path: Path) -> None:
    sampled = recipe(method="grpo", batch_size=8, sampling={"per_prompt": 4, "max_tokens": 3})
    rows = data_rows(train(sampled, base, ToyData(), 0, tmp_path / "out"))
    assert len(rows) == 3 * 8
    data = ToyData()
    assert all(row["reward"] == data.reward(row["prompt"], row["completion"]) for row in rows)


def test_a_base_is_distilled_only_where_it_is_right(base: Path, tmp_path: Path) -> None:
    own = recipe(data={"pairs": 8, "self_distilled": True}, sampling={"per_prompt": 8, "max_tokens": 100})
    rows = data_rows(train(own, base, ByLengthData(), 0, tmp_path / "out"))
    assert 0 < len(rows) <= 8
    assert len({row["completion"] for row in rows}) > 1, "random weights say something else each time"
    with pytest.raises(InputError, match=r"field 'data\.self_distilled': the base has no right reply to any of 8"):
        train(own, base, _NothingRight(), 0, tmp_path / "none")


class _NothingRight(ToyData):
    def reward(self, prompt: str, reply: str) -> float:
        return 0.0


# --- stopping early, staying near -------------------------------------------------------------


def test_early_stopping_keeps_the_best_step_last(base: Path, tmp_path: Path) -> None:
    too_fast = recipe(
        learning_rate=0.3, checkpoints=tuple(range(1, 31)), data={"pairs": 20},
        early_stopping={"every": 1, "patience": 2, "held_out": 0.5},
    )  # fmt: skip
    trained = train(too_fast, base, ToyData(), 0, tmp_path / "out")
    steps = [step for step, _ in trained.checkpoints]
    assert steps == list(range(1, int(steps[-1]) + 1)) and steps[-1] < 28
    assert trained.log is not None
    losses = dict(read_training_history(trained.log).evaluated)
    assert min(losses, key=losses.__getitem__) == steps[-1]
    assert len(data_rows(trained)) == 10, "what is held out is not learned from"


def test_kl_of_two_coins() -> None:
    """KL(p || q) = sum p log(p / q): a fair coin against one of 1/4 has log(2) - log(3) / 2 nats."""
    fair, biased = torch.tensor([0.5, 0.5]).log(), torch.tensor([0.25, 0.75]).log()
    base, model = torch.stack([fair, fair])[None], torch.stack([biased, fair])[None]
    expected = torch.log(torch.tensor(2.0)) - torch.log(torch.tensor(3.0)) / 2
    torch.testing.assert_close(kl_to_base(base, model, torch.tensor([[True, False]])), expected)
    torch.testing.assert_close(kl_to_base(base, model, torch.tensor([[True, True]])), expected / 2)


def test_the_penalty_is_on_tokens_that_follow() -> None:
    batch = {
        "attention_mask": torch.tensor([[1, 1, 1, 1, 0]]),
        "labels": torch.tensor([[-100, -100, 7, 8, -100]]),
    }
    assert predicted(batch, "all").tolist() == [[True, True, True, False]]
    assert predicted(batch, "prompt").tolist() == [[True, False, False, False]]


@pytest.mark.parametrize("where", ["all", "prompt"])
def test_a_large_penalty_keeps_the_model_near_its_base(where: str, base: Path, tmp_path: Path) -> None:
    def moved(**fields: Any) -> torch.Tensor:
        out = tmp_path / f"{len(fields)}"
        last = train(recipe(checkpoints=(20,), **fields), base, ToyData(), 0, out).last
        tokens = torch.tensor([[list(b"Q: a\nA:")[i] for i in range(7)]])
        with torch.no_grad():
            before, after = (AutoModelForCausalLM.from_pretrained(each)(tokens).logits for each in (base, last))
        return kl_to_base(before, after, torch.ones(1, 7, dtype=torch.bool))

    assert moved(kl_to_base={"weight": 1000.0, "where": where}) < moved() / 5


# --- what is refused --------------------------------------------------------------------------


def test_a_start_must_have_been_trained_and_be_whole(base: Path, tmp_path: Path) -> None:
    after = recipe(method="dpo", start="first")
    with pytest.raises(InputError, match=r"'toy' starts from 'first', which was not trained"):
        train(after, base, ToyData(), 0, tmp_path / "out")
    prefix = train(recipe(adapter={"kind": "prefix"}), base, ToyData(), 0, tmp_path / "first")
    with pytest.raises(InputError, match="no full weights"):
        train(after, base, ToyData(), 0, tmp_path / "out", starts={"first": prefix})


def test_a_diverging_training_stops_with_the_way_out(base: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"recipe 'toy' diverged: .* lower the learning rate \(1e\+30\)"):
        train(recipe(learning_rate=1e30), base, ToyData(), 0, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a model folder"):
        train(recipe(), tmp_path, ToyData(), 0, tmp_path / "out")


def test_a_damaged_training_is_done_again(base: Path, tmp_path: Path) -> None:
    first = train(recipe(), base, ToyData(), 0, tmp_path / "out")
    before = (first.last / "model.safetensors").read_bytes()
    shutil.rmtree(first.last)
    assert (train(recipe(), base, ToyData(), 0, tmp_path / "out").last / "model.safetensors").read_bytes() == before
