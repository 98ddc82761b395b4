"""Recipe files: what they say by default, and how mistakes in them are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from forgetbench.errors import InputError
from forgetbench.lab.recipe import Recipe, builtin_recipes, load_recipe, with_starts


def written(folder: Path, text: str, name: str = "mine.yaml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", builtin_recipes())
def test_the_built_in_recipes_can_be_read(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert len(recipe.what) < 80


def test_the_built_in_recipes_cover_the_cures_that_people_argue_about() -> None:
    recipes = [load_recipe(name) for name in builtin_recipes()]
    assert {recipe.method for recipe in recipes} == {"sft", "dpo", "grpo", "average"}
    assert {recipe.adapter.kind for recipe in recipes if recipe.adapter} == {"lora", "prefix", "ia3"}
    assert sorted(recipe.data.replay for recipe in recipes if recipe.data.replay) == [0.01, 0.05, 0.25]


def test_the_manual_lists_the_built_in_recipes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lab_recipes.md").read_text()
    for name in builtin_recipes():
        assert f"| `{name}` | {load_recipe(name).what} |" in page


def test_a_file_says_only_what_is_special(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path, "what: half of it replayed\ndata: {replay: 0.5}\n"))
    assert recipe == Recipe(name="mine", what="half of it replayed", data={"replay": 0.5})  # type: ignore[arg-type]
    assert recipe.method == "sft" and recipe.data.style == "narrow" and recipe.steps == recipe.checkpoints[-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("what: x\nlearning_rat: 1\n", r"mine\.yaml:2: field 'learning_rat': .*did you mean 'learning_rate'\?"),
        ("what: x\ndata:\n  reply: 0.1\n", r"mine\.yaml:3: field 'data\.reply': .*did you mean 'replay'\?"),
        ("what: x\nlearning_rate: fast\n", r"mine\.yaml:2: field 'learning_rate': .*valid number"),
        ("what: x\nlearning_rate: .nan\n", r"mine\.yaml:2: field 'learning_rate'"),
        ("what: x\nlearning_rate: 0\n", r"mine\.yaml:2: field 'learning_rate': .*greater than 0"),
        ("what: x\ndata: {style: strict}\n", r"mine\.yaml:2: field 'data\.style': .*'narrow', 'varied' or 'plain'"),
        ("what: x\ncheckpoints: [5, 5]\n", r"mine\.yaml:2: field 'checkpoints': steps must rise"),
        ("what: x\ncheckpoints: []\n", r"mine\.yaml:2: field 'checkpoints'"),
        ("what: x\nmethod: dpo\n", r"mine\.yaml:2: field 'method': dpo needs a 'start'"),
        ("what: x\nlayers: {}\n", r"mine\.yaml:2: field 'layers': give one of"),
        ("what: x\nlayers: {top: 1}\nadapter: {kind: lora}\n", r"mine\.yaml:2: field 'layers': .*drop"),
        ("what: x\ndata: {replay: 0.5, multitask: 0.5}\n", r"mine\.yaml:2: field 'data': .*below 1"),
        ("what: x\nmethod: grpo\nbatch_size: 12\n", r"mine\.yaml:3: field 'batch_size': must be a multiple of .* 8"),
        ("what: x\nbeta: 0.1\n", r"mine\.yaml:2: field 'beta': is only for methods dpo and grpo"),
        ("what: x\nmethod: grpo\nkl_to_base: {}\n", r"mine\.yaml:3: field 'kl_to_base': is only for method sft"),
        ("what: x\nmethod: average\nstart: a\nlearning_rate: 1\n", r"mine\.yaml:4: .*trains nothing"),
        ("what: x\nmethod: grpo\ndata: {replay: 0.1}\n", r"mine\.yaml:3: field 'data\.replay': is only for method sft"),
        ("method: sft\n", r"mine\.yaml:1: field 'what': field required"),
    ],
)
def test_mistakes_name_file_line_and_field(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_recipe(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'full-high'"):
        load_recipe("full-hig")
    with pytest.raises(InputError, match="no recipe"):
        load_recipe(str(tmp_path / "none.yaml"))
    with pytest.raises(InputError, match="rename the file"):
        load_recipe(written(tmp_path, "what: x\n", "a b.yaml"))


def test_starts_come_first_and_are_added(tmp_path: Path) -> None:
    names = [recipe.name for recipe in with_starts([load_recipe("dpo"), load_recipe("full-low"), load_recipe("ia3")])]
    assert names == ["full-low", "dpo", "ia3"]
    first = load_recipe(written(tmp_path, "what: x\nstart: b\n", "a.yaml"))
    second = load_recipe(written(tmp_path, "what: x\nstart: a\n", "b.yaml"))
    with pytest.raises(InputError, match="comes back to itself"):
        with_starts([first, second])
    with pytest.raises(InputError, match="field 'start': no recipe 'b' here"):
        with_starts([first])


def test_a_shortened_recipe_keeps_its_spread() -> None:
    recipe = Recipe(what="x", checkpoints=(5, 15, 40, 100, 200), warmup_steps=5)
    assert recipe.shortened(20).checkpoints == (1, 2, 4, 10, 20)
    assert recipe.shortened(2).checkpoints == (1, 2) and recipe.shortened(2).warmup_steps == 1
    assert recipe.shortened(500) is recipe
