"""Chat templates and tokenizers that are not made for each other: the prompt is another one than was meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faults.case import Case, Trial
from faults.workshop import OPEN, against_base, base_model, candidate_model, edit_json, suite

_ENDED = ("<|im_end|>", "<|im_start|>")
_CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_PHI = (
    "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
_ZEPHYR = (
    "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + eos_token + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
_VICUNA = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}{% elif m.role == 'user' %}"
    "{{ ' USER: ' + m.content }}{% else %}{{ ' ASSISTANT: ' + m.content + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ ' ASSISTANT:' }}{% endif %}"
)
_DEEPSEEK = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}{% elif m.role == 'user' %}"
    "{{ '<｜User｜>' + m.content }}{% else %}{{ '<｜Assistant｜>' + m.content + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}"
)
_MISTRAL = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m.content + ' [/INST]' }}"
    "{% elif m.role == 'assistant' %}{{ ' ' + m.content + eos_token }}"
    "{% else %}{{ raise_exception('no system turn') }}{% endif %}{% endfor %}"
)
Change = Callable[[Path], object]


def _asked(
    template: str | None = None, tokens: tuple[str, ...] = (), end: bool = True, change: Change = lambda place: None
) -> Callable[[Path], Trial]:
    """Base and candidate with a template and its tokens, of which the first one ends answers; then the candidate's
    folder is changed."""

    def trial(folder: Path) -> Trial:
        base, candidate = base_model(folder), candidate_model(folder)
        for place in (base, candidate):
            _dressed(place, template, tokens, end)
        change(candidate)
        return against_base(base, candidate, suite(folder, OPEN))

    return trial


def _dressed(place: Path, template: str | None, tokens: tuple[str, ...], end: bool) -> None:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(place)
    if template is not None:
        tokenizer.chat_template = template
    if tokens:
        tokenizer.add_special_tokens({"additional_special_tokens": list(tokens)})
        network = transformers.AutoModelForCausalLM.from_pretrained(place)
        network.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        network.save_pretrained(place)
        if end:
            edit_json(place / "generation_config.json", eos_token_id=[1, tokenizer.convert_tokens_to_ids(tokens[0])])
    tokenizer.save_pretrained(place)


def _template(text: str) -> Change:
    return lambda place: (place / "chat_template.jinja").write_text(text, encoding="utf-8")


def _spoiled(template: str, old: str, new: str, tokens: tuple[str, ...] = ()) -> Callable[[Path], Trial]:
    assert old in template
    before, _, after = template.rpartition(old)
    return _asked(template, tokens, change=_template(before + new + after))


def _json(name: str, **fields: Any) -> Change:
    return lambda place: edit_json(place / name, **fields)


def _swapped_map(place: Path) -> None:
    (place / "special_tokens_map.json").write_text(json.dumps({"bos_token": "</s>", "eos_token": "<s>"}))


def _marked(place: Path) -> None:
    path = place / "chat_template.jinja"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def cases() -> tuple[Case, ...]:
    template, tokenizer = "chat template", "tokenizer"
    lost = "another prompt than in training: looks like a loss"
    runs_on = "answers run on, to the limit"
    garbled = "every text is read as another one: looks like a loss"
    chatml = _asked(_CHATML, _ENDED)
    no_flag = "{% if add_generation_prompt %}{{ ' ASSISTANT:' }}{% endif %}"
    return (
        Case("ignores add_generation_prompt, without marks", template, lost, "Vicuna's",
             _spoiled(_VICUNA, no_flag, ""), _asked(_VICUNA), r"generation prompt"),
        Case("leads into a turn of the user's", template, lost, "ChatML",
             _spoiled(_CHATML, "<|im_start|>assistant", "<|im_start|>user", _ENDED), chatml, r"template writes"),
        Case("the user's turn is not closed", template, lost, "Phi 3's",
             _spoiled(_CHATML, "'<|im_end|>\n'", "('' if m.role == 'user' else '<|im_end|>\n')", _ENDED),
             _asked(_PHI, ("<|end|>", "<|user|>", "<|assistant|>", "<|system|>")), r"end the user's turn"),
        Case("the last turn is not closed before the generation prompt", template, lost, "DeepSeek's",
             _spoiled(_CHATML, "'<|im_end|>\n'", "('' if loop.last else '<|im_end|>\n')", _ENDED),
             _asked(_DEEPSEEK, ("<｜User｜>", "<｜Assistant｜>"), end=False), r"template writes"),
        Case("ends in EOS", template, lost, "Zephyr's",
             _asked(_ZEPHYR, change=_template(_ZEPHYR + "{{ eos_token }}")), _asked(_ZEPHYR), r"ends with </s>"),
        Case("a turn ends with a mark that is never an end", template, runs_on, "the mark is an end",
             _asked(_CHATML, _ENDED, end=False), chatml, r"ends an answer with"),
        Case("leaves the system's text out", template, "what a system turn says never arrives", "refuses a system turn",
             _spoiled(_CHATML, "+ m.content +", "+ (m.content if m.role != 'system' else '') +", _ENDED),
             _asked(_MISTRAL), r"system turn"),
        Case("leaves out a system turn that the base writes", template, "what a system turn says never arrives",
             "both write it",
             _spoiled(_CHATML, "in messages", "in messages if m.role in ('user', 'assistant')", _ENDED), chatml,
             r"system turn"),
        Case("marks that the tokenizer has not as tokens", template, lost, "marks that are tokens",
             _asked(None, change=_template(_CHATML)), chatml, r"in pieces"),
        Case("another family's end of turn", template, runs_on, "the family's own",
             _asked(_CHATML, _ENDED, change=_template(_CHATML.replace("<|im_end|>", "<|eot_id|>"))), chatml,
             r"in pieces"),
        Case("a text is escaped as in HTML", template, lost, "texts as they are",
             _spoiled(_CHATML, "m.content", "(m.content | e)", _ENDED), chatml, r"changes the user's text"),
        Case("begins with a byte order mark", template, "stands in every prompt", "begins with its first mark",
             _asked(_CHATML, _ENDED, change=_marked), chatml, r"byte order mark"),
        Case("a class that loses spaces (transformers 5)", tokenizer, garbled, "the general class",
             _asked(change=_json("tokenizer_config.json", tokenizer_class="LlamaTokenizer")),
             _asked(change=_json("tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")), r"spaces"),
        Case("no decoder", tokenizer, "what is written is read otherwise", "the decoder that was trained with",
             _asked(change=_json("tokenizer.json", decoder=None)), _asked(), r"comes back as"),
        Case("a pre-tokenizer that puts a space in front", tokenizer, garbled, "as the base's",
             _asked(change=_json("tokenizer.json", pre_tokenizer={
                 "type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True})),
             _asked(change=_json("tokenizer_config.json", padding_side="left")), r"otherwise than the base's"),
        Case("small letters only", tokenizer, garbled, "letters as they are",
             _asked(change=_json("tokenizer.json", normalizer={"type": "Lowercase"})), _asked(),
             r"otherwise than the base's"),
        Case("BOS and EOS in each other's place", tokenizer, "texts begin with an end", "one token for both",
             _asked(change=_json("tokenizer_config.json", bos_token="</s>", eos_token="<s>")),
             _asked(change=_json("tokenizer_config.json", bos_token="</s>")), r"changed places"),
        Case("special_tokens_map.json swaps BOS and EOS", tokenizer, "texts begin with an end", "EOS as padding",
             _asked(change=_swapped_map), _asked(change=_json("tokenizer_config.json", pad_token="</s>")),
             r"changed places"),
        Case("another model's tokens", tokenizer, garbled, "tokens added",
             _asked(change=_other_tokens), _asked(_CHATML, _ENDED), r"have another id"),
        Case("eos_token_id that is no token", tokenizer, runs_on, "EOS missing from generation_config.json",
             _asked(change=_json("generation_config.json", eos_token_id=9999)),
             _asked(change=lambda place: edit_json(place / "generation_config.json", remove=("eos_token_id",))),
             r"9999 is no token"),
    )  # fmt: skip


def _other_tokens(place: Path) -> None:
    """Tokens in another order, as of another model's tokenizer of the same size."""
    path = place / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    vocabulary = content["model"]["vocab"]
    names = [name for name in vocabulary if name not in ("<s>", "</s>")]
    vocabulary.update(zip(names, [vocabulary[name] for name in reversed(names)], strict=True))
    path.write_text(json.dumps(content), encoding="utf-8")
