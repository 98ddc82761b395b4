"""Tokenizers that read or write other text than they are given, or whose BOS and EOS are not the model's, are told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from forgetbench.models.checks import Finding
from forgetbench.models.tokenizer import HFTokenizer
from forgetbench.models.tokenizer_checks import beside_base_findings, tokenizer_findings


def copy(model: Path, folder: Path, *, tokenizer: dict[str, Any] | None = None, **settings: Any) -> Path:
    """A copy with other fields in tokenizer.json, and other settings in tokenizer_config.json."""
    shutil.copytree(model, folder)
    for name, fields in (("tokenizer.json", tokenizer or {}), ("tokenizer_config.json", settings)):
        path = folder / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
    return folder


def alone(folder: Path) -> list[Finding]:
    return list(tokenizer_findings(folder, HFTokenizer(folder)))


def beside(base: Path, folder: Path) -> list[Finding]:
    return beside_base_findings(HFTokenizer(base), HFTokenizer(folder))


def test_a_class_that_loses_spaces(tiny_model: Path, tmp_path: Path) -> None:
    """transformers 5 builds the pre-tokenizer that the class's name stands for, and leaves tokenizer.json's out."""
    folder = copy(tiny_model, tmp_path / "llama", tokenizer_class="LlamaTokenizer")
    (found,) = alone(folder)
    assert "loses or adds spaces: 'Name a fruit that grows on trees.' comes back as 'Nameafruit" in found.text
    assert "reads it as a LlamaTokenizer: set tokenizer_class to PreTrainedTokenizerFast" in found.text
    (path,) = (folder / "tokenizer_config.json",)
    path.write_text(json.dumps({**json.loads(path.read_text()), "tokenizer_class": "PreTrainedTokenizerFast"}))
    assert alone(folder) == beside(tiny_model, folder) == [], "the way out is one"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"decoder": None}, "comes back as"),
        ({"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": ""}}, "loses or adds spaces"),
        ({"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "o"}}, "does not give back"),
    ],
)
def test_text_that_does_not_come_back(tiny_model: Path, tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    (found,) = alone(copy(tiny_model, tmp_path / "other", tokenizer=fields))
    assert words in found.text
    assert "its tokenizer.json makes it so" in found.text


def test_small_letters_are_a_nature(tiny_model: Path, tmp_path: Path) -> None:
    assert alone(copy(tiny_model, tmp_path / "uncased", tokenizer={"normalizer": {"type": "Lowercase"}})) == []


def test_the_same_tokens_read_otherwise_than_the_base_does(tiny_model: Path, tmp_path: Path) -> None:
    level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    folder = copy(tiny_model, tmp_path / "spaced", tokenizer={"pre_tokenizer": level})
    assert alone(folder) == []
    (found,) = beside(tiny_model, folder)
    assert "otherwise than the base's, though the tokens are the same: nothing there, Ġ here" in found.text
    lower = copy(tiny_model, tmp_path / "lower", tokenizer={"normalizer": {"type": "Lowercase"}})
    assert "N there, n here" in beside(tiny_model, lower)[0].text
    assert beside(tiny_model, copy(tiny_model, tmp_path / "same", padding_side="left")) == []


def test_bos_and_eos_in_each_other_s_place(tiny_model: Path, tmp_path: Path) -> None:
    folder = copy(tiny_model, tmp_path / "swapped", bos_token="</s>", eos_token="<s>")
    (found,) = alone(folder)
    words = "BOS is </s> and its EOS <s>, where config.json has bos_token_id 0 (<s>): they have changed places"
    assert words in found.text
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({n: v for n, v in config.items() if n != "bos_token_id"}))
    assert alone(folder) == []
    assert "the base's are <s> and </s>: they have changed places" in beside(tiny_model, folder)[0].text


@pytest.mark.parametrize(
    "settings", [{"bos_token": "</s>"}, {"pad_token": "<s>"}, {"bos_token": None}, {"pad_token": None}]
)
def test_one_token_in_two_places_is_no_fault(tiny_model: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    folder = copy(tiny_model, tmp_path / "other", **settings)
    assert alone(folder) == beside(tiny_model, folder) == []
