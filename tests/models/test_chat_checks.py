"""Templates of every family pass without a word; what a trainer or a script made of one is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from chat_families import FAMILIES, Family, with_family

from forgetbench.models.checks import Finding, template_findings
from forgetbench.models.folder_checks import folder_findings
from forgetbench.models.tokenizer import HFTokenizer
from forgetbench.models.tokenizer_checks import beside_base_findings
from forgetbench.records import Checkpoint

CHATML, LLAMA_3, PHI_3, ZEPHYR = (FAMILIES[name] for name in ("ChatML", "Llama 3", "Phi 3", "Zephyr"))


def faults(folder: Path) -> list[Finding]:
    tokenizer = HFTokenizer(folder)
    checkpoint = Checkpoint(folder.name, str(folder), "f", folder)
    found = [*folder_findings(checkpoint, tokenizer, chat=True), *template_findings(tokenizer)]
    return [item for item in found if item.ok is False]


@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_sound(name: str, tiny_model: Path, tmp_path: Path) -> None:
    folder = with_family(tiny_model, tmp_path / "family", FAMILIES[name])
    assert faults(folder) == []
    template = HFTokenizer(folder).template
    assert (template.takes_system, template.drops_system) == (FAMILIES[name].takes_system, False) or name == "DialoGPT"


@pytest.mark.parametrize(
    ("family", "old", "new", "name", "words"),
    [
        (CHATML, "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}", "", "generation prompt",
         "adds no generation prompt"),
        (FAMILIES["Vicuna"], "{% if add_generation_prompt %}{{ ' ASSISTANT:' }}{% endif %}", "", "generation prompt",
         "adds no generation prompt"),
        (FAMILIES["Alpaca"], "{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}", "",
         "generation prompt", "adds no generation prompt"),
        (CHATML, "'<|im_end|>' + '\n'", "('' if m.role == 'user' else '<|im_end|>\n')", "open turn",
         r"write <|im_end|> (258) behind the user's text"),
        (LLAMA_3, "'<|eot_id|>' %}", "('' if m.role == 'user' else '<|eot_id|>') %}", "open turn", "<|eot_id|>"),
        (PHI_3, "'<|end|>\n'", "('' if m.role == 'user' else '<|end|>\n')", "open turn", "<|end|>"),
        (CHATML, "'<|im_end|>' + '\n'", "('' if loop.last else '<|im_end|>\n')", "lead-in", "write the same in both"),
        (CHATML, "<|im_start|>assistant", "<|im_start|>user", "lead-in", "write the same in both"),
        (CHATML, "assistant\n' }}{% endif %}", "assistant\n' }}{% endif %}{{ eos_token }}", "lead-in",
         "ends with </s> (1), which ends an answer before it begins"),
        (ZEPHYR, "{{ '<|assistant|>' }}", "{{ '<|assistant|>\n' + eos_token }}", "lead-in", "ends with </s>"),
        (CHATML, "m.role + '\n' + m.content", "m.role + '\n' + (m.content if m.role != 'system' else '')",
         "system turn", "raise_exception"),
        (CHATML, "m.content", "(m.content if m.role != 'user' else '')", "template turns", "leaves out what the user"),
        (LLAMA_3, "<|eot_id|>", "<|end_of_turn|>", "marks", "no answer ends with such a mark"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(
    family: Family, old: str, new: str, name: str, words: str, tiny_model: Path, tmp_path: Path
) -> None:
    assert old in family.template
    # Families write the last piece last: what leads into the answer.
    before, _, after = family.template.rpartition(old)
    spoiled = Family(before + new + after, family.tokens)
    (found,) = faults(with_family(tiny_model, tmp_path / "spoiled", spoiled))
    assert found.name == name
    assert words in found.text


@pytest.mark.parametrize("name", ["ChatML", "Llama 3", "Gemma", "Phi 3", "DeepSeek R1"])
def test_marks_that_are_no_tokens(name: str, tiny_model: Path, tmp_path: Path) -> None:
    """A family's template beside a tokenizer that has none of its tokens."""
    folder = with_family(tiny_model, tmp_path / "spoiled", Family(FAMILIES[name].template, ("</s>",)))
    assert "marks" in [item.name for item in faults(folder)]


def test_an_end_of_turn_that_ends_nothing(tiny_model: Path, tmp_path: Path) -> None:
    tokens = (*CHATML.tokens[1:], CHATML.tokens[0])
    (found,) = faults(with_family(tiny_model, tmp_path / "runs-on", Family(CHATML.template, ("</s>", *tokens))))
    assert found.name == "end of turn"
    assert "add it to eos_token_id" in found.text


def test_a_system_turn_that_only_the_base_writes(tiny_model: Path, tmp_path: Path) -> None:
    silent = "{% for m in messages if m.role in ('user', 'assistant') %}" + CHATML.template.partition("%}")[2]
    base, tuned = (
        HFTokenizer(with_family(tiny_model, tmp_path / name, Family(template, CHATML.tokens)))
        for name, template in (("base", CHATML.template), ("tuned", silent))
    )
    (found,) = beside_base_findings(base, tuned)
    assert found.name == "system turn"
    assert beside_base_findings(tuned, base) == []
    assert faults(tmp_path / "tuned") == [], "by itself it may have been made so"
