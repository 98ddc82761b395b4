"""What a checkpoint's files say before it is loaded: faults are told, sound folders of every make are not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_tokenizer import with_processor
from tiny_models import CHAT_TEMPLATE, make_adapter

from forgetbench.errors import CheckpointError
from forgetbench.models.checks import Finding, template_findings
from forgetbench.models.folder_checks import embedding_rows, folder_findings
from forgetbench.models.folder_defaults import folder_differences, folder_settings
from forgetbench.models.tokenizer import HFTokenizer, checkpoint_tokenizer
from forgetbench.models.tokenizer_checks import beside_base_findings
from forgetbench.records import Checkpoint, FolderDifference

# How some makers write turns, with the tiny model's two special tokens in the place of theirs.
LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}]\n{{ m.content | trim }}</s>{% endfor %}"
    "{% if add_generation_prompt %}[assistant]\n{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{{ '<model>' if m.role == 'assistant' else '<user>' }}\n{{ m.content | trim }}</s>\n"
    "{% endfor %}{% if add_generation_prompt %}<model>\n{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %} {{ m.content }}</s>{% endif %}{% endfor %}"
)
CHATML = CHAT_TEMPLATE
FINAL_ONLY = (  # the last answer ends the conversation, those before it only their turn
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}"
    "{{ '</s>' if loop.last and not add_generation_prompt else '[/]' }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)
PLAIN = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def edited(path: Path, **changes: Any) -> None:
    """A JSON file with other fields; None takes one out."""
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))


def folder(model: Path, where: Path, template: str | None = CHATML, front: tuple[str, ...] = ()) -> Path:
    """A copy with a chat template, and with what the tokenizer puts in front of a text."""
    with_processor(model, where, front, ())
    if template is None:
        (where / "chat_template.jinja").unlink()
    else:
        (where / "chat_template.jinja").write_text(template)
    return where


def checkpoint(path: Path, base: Path | None = None) -> Checkpoint:
    return Checkpoint(path.name, str(path), "f", path, adapter_base=base)


def findings(one: Checkpoint, *, chat: bool = True) -> list[Finding]:
    return folder_findings(one, checkpoint_tokenizer(one), chat=chat)


def faults(one: Checkpoint, *, chat: bool = True) -> list[str]:
    return [item.name for item in findings(one, chat=chat) if item.ok is False]


@pytest.mark.parametrize(
    ("template", "front"),
    [
        (LLAMA3, ("<s>",)),
        (GEMMA, ("<s>",)),
        (MISTRAL, ("<s>",)),
        (CHATML, ()),
        (FINAL_ONLY, ()),
        (PLAIN, ()),
        (None, ("<s>",)),
    ],
    ids=["llama 3", "gemma", "mistral", "qwen", "final only", "plain words", "base model"],
)
def test_sound_folders(tiny_model: Path, tmp_path: Path, template: str | None, front: tuple[str, ...]) -> None:
    sound = checkpoint(folder(tiny_model, tmp_path / "sound", template, front))
    tokenizer = checkpoint_tokenizer(sound)
    assert faults(sound) == []
    assert [item.text for item in template_findings(tokenizer) if item.ok is False] == []
    if template is not None:
        prompt = tokenizer.encode(tokenizer.render([{"role": "user", "content": "x"}], add_generation_prompt=True))
        assert prompt[:2] != [0, 0], "BOS is not doubled"


def test_gpt_2_has_eos_as_bos(tiny_model: Path, tmp_path: Path) -> None:
    model = folder(tiny_model, tmp_path / "gpt2", None)
    edited(model / "tokenizer_config.json", bos_token="</s>", eos_token="</s>")
    assert faults(checkpoint(model)) == []
    assert HFTokenizer(model).prefix_token == 1


# --- end of answers ---------------------------------------------------------------------------


def test_a_turn_that_ends_with_a_token_that_ends_no_answer(tiny_model: Path, tmp_path: Path) -> None:
    model = folder(tiny_model, tmp_path / "runs-on", CHATML.replace("</s>", "<s>"))
    (found,) = (item for item in findings(checkpoint(model)) if item.ok is False)
    assert found.name == "end of turn"
    assert "the chat template ends an answer with <s> (0), which is not among the tokens that end one" in found.text
    assert "</s> (1)" in found.text
    assert faults(checkpoint(model), chat=False) == [], "without the template it does not matter"
    edited(model / "generation_config.json", eos_token_id=[0, 1])
    assert faults(checkpoint(model)) == []


def test_an_end_that_stands_in_plain_text(tiny_model: Path, tmp_path: Path) -> None:
    model = folder(tiny_model, tmp_path / "cut")
    letter = HFTokenizer(model).encode("e")[0]
    edited(model / "generation_config.json", eos_token_id=[1, letter])
    (found,) = (item for item in findings(checkpoint(model)) if item.ok is False)
    assert f"answers end at e ({letter}), which stands in any plain text" in found.text


def test_what_the_tokenizer_appends_is_told(tiny_model: Path, tmp_path: Path) -> None:
    model = with_processor(tiny_model, tmp_path / "appends", (), ("</s>",))
    assert faults(checkpoint(model)) == faults(checkpoint(model), chat=False) == ["appended"]


# --- embeddings -------------------------------------------------------------------------------


def add_tokens(path: Path, *tokens: str) -> None:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    tokenizer.add_tokens(list(tokens))
    tokenizer.save_pretrained(path)


def test_added_tokens_without_embeddings(tiny_model: Path, tmp_path: Path) -> None:
    model = folder(tiny_model, tmp_path / "grown")
    assert embedding_rows(checkpoint(model)) == 258
    add_tokens(model, "<tool>", "</tool>")
    (found,) = (item for item in findings(checkpoint(model)) if item.ok is False)
    assert (
        "2 of the tokenizer's 260 tokens (<tool>, </tool>) have no embedding, of which the model has 258" in found.text
    )


def test_prompts_that_hold_a_token_without_an_embedding(tiny_model: Path, tmp_path: Path) -> None:
    model = folder(tiny_model, tmp_path / "grown", "<tool>" + CHATML)
    add_tokens(model, "<tool>")
    with pytest.raises(CheckpointError, match=r"grown: 1 of .* have no embedding.* and prompts hold <tool> \(258\)"):
        findings(checkpoint(model))
    assert faults(checkpoint(model), chat=False) == ["embeddings"]


def test_an_adapter_with_tokens_that_its_base_has_not(tiny_model: Path, tmp_path: Path) -> None:
    adapter = make_adapter(tiny_model, tmp_path / "lora")
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(tiny_model / name, adapter / name)
    tuned = checkpoint(adapter, tiny_model)
    assert faults(tuned) == []
    assert "prompts are made with the adapter's own tokenizer and chat template, not its base's" in [
        item.text for item in findings(tuned)
    ]
    add_tokens(adapter, "<tool>")
    with pytest.raises(CheckpointError, match=r"adapter .*lora: 1 of .* have no embedding"):
        findings(tuned)


def test_another_model_s_tokenizer(tiny_model: Path, tmp_path: Path) -> None:
    base = HFTokenizer(tiny_model)
    grown, renamed, other = (folder(tiny_model, tmp_path / name) for name in ("grown", "renamed", "other"))
    add_tokens(grown, "<tool>")
    for path, count in ((renamed, 2), (other, 100)):
        content = json.loads((path / "tokenizer.json").read_text())
        vocabulary = content["model"]["vocab"]
        names = [name for name, number in sorted(vocabulary.items(), key=lambda item: item[1])][-count:]
        vocabulary.update(zip(names, [vocabulary[name] for name in reversed(names)], strict=True))
        (path / "tokenizer.json").write_text(json.dumps(content))
    assert beside_base_findings(base, base) == beside_base_findings(base, HFTokenizer(grown)) == []
    assert beside_base_findings(base, HFTokenizer(renamed)) == []
    (found,) = beside_base_findings(base, HFTokenizer(other))
    assert found.ok is False
    assert found.text.startswith("100 of the base's 258 tokens have another id, or none, in this tokenizer")


# --- settings ---------------------------------------------------------------------------------


def differences(base: Path, candidate: Path) -> dict[str, tuple[str | None, str | None]]:
    sides = [folder_settings(one, checkpoint_tokenizer(one)) for one in map(checkpoint, (base, candidate))]
    return {row.setting: (row.base, row.candidate) for row in folder_differences(*sides)}


def test_a_folder_saved_by_a_trainer_differs_in_nothing(tiny_model: Path, tmp_path: Path) -> None:
    other = folder(tiny_model, tmp_path / "saved")
    edited(other / "config.json", use_cache=False, attention_dropout=None, initializer_range=None, pad_token_id=0)
    edited(other / "generation_config.json", transformers_version="4.40.0", do_sample=False, temperature=1.0)
    assert differences(folder(tiny_model, tmp_path / "base"), other) == {}


def test_what_differs(tiny_model: Path, tmp_path: Path) -> None:
    base, other = folder(tiny_model, tmp_path / "base", None), folder(tiny_model, tmp_path / "other", front=("<s>",))
    edited(other / "config.json", dtype="bfloat16", max_position_embeddings=1024, sliding_window=64)
    edited(other / "generation_config.json", repetition_penalty=1.5, eos_token_id=[0, 1], suppress_tokens=[5, 6])
    found = differences(base, other)
    template = found.pop("chat template")
    assert template[0] == "none"
    assert str(template[1]).startswith("hash ")
    assert found == {
        "dtype": ("float32", "bfloat16"),
        "max_position_embeddings": ("512", "1024"),
        "sliding_window": (None, "64"),
        "generation_config.repetition_penalty": (None, "1.5"),
        "generation_config.suppress_tokens": (None, "[5, 6]"),
        "answers end at": ("</s>", "<s> </s>"),
        "tokenizer: in front of a text": ("none", "<s>"),
    }
    assert "generation_config.json sets repetition_penalty 1.5, suppress_tokens [5, 6]: not used" in " ".join(
        item.text for item in findings(checkpoint(other))
    )


def test_rope_is_a_setting(tiny_model: Path, tmp_path: Path) -> None:
    base, other = folder(tiny_model, tmp_path / "base"), folder(tiny_model, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    edited(other / "config.json", rope_parameters={**config["rope_parameters"], "rope_theta": 500000.0})
    assert list(differences(base, other)) == ["rope_parameters.rope_theta"]


def test_a_template_that_writes_the_date_is_told(tiny_model: Path, tmp_path: Path) -> None:
    plain = folder(tiny_model, tmp_path / "plain")
    dated = folder(tiny_model, tmp_path / "dated", "{{ strftime_now('%d %b %Y') }}" + CHATML)
    assert differences(plain, dated)["chat template: date"] == (None, "pinned to 26 Jul 2024")
    assert faults(checkpoint(dated)) == []
    assert any("writes the date, pinned to 26 Jul 2024" in item.text for item in findings(checkpoint(dated)))


def test_where_one_folder_is_not_known_nothing_differs() -> None:
    assert folder_differences({}, {"dtype": "float32"}) == ()
    assert folder_differences({"a": 1, "b": None}, {"a": 1}) == ()
    assert folder_differences({"a": 1}, {"a": 2}) == (FolderDifference("a", "1", "2"),)


def test_a_folder_that_transformers_cannot_read_says_what_its_file_does(tiny_model: Path, tmp_path: Path) -> None:
    """An architecture with code of its own, for instance, that may not be run here."""
    model = folder(tiny_model, tmp_path / "own-code")
    edited(model / "config.json", model_type="none_such", eos_token_id=[0, 1])
    (model / "generation_config.json").unlink()
    assert embedding_rows(checkpoint(model)) == 258
    assert folder_settings(checkpoint(model), HFTokenizer(tiny_model))["answers end at"] == "<s> </s>"
