"""Tokenizers, chat templates and a folder's own settings: the weights are right, and are asked in the wrong way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faults.case import Case, Trial
from faults.workshop import OPEN, against_base, base_model, candidate_model, edit_json, suite

_T = (
    "{% for message in messages %}<s>{{ message['role'] }}\n{{ message['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
_TWICE = "{{ message['content'] }} {{ message['content'] }}"
Change = Callable[[Path], object]


def _trial(change: Change, *options: str, task: dict[str, Any] | None = None) -> Callable[[Path], Trial]:
    """Base and a candidate whose folder is changed, asked in the chat format where there is one."""

    def trial(folder: Path) -> Trial:
        base, candidate = base_model(folder), candidate_model(folder)
        change(candidate)
        return against_base(base, candidate, suite(folder, task or OPEN), *options)

    return trial


def _both(change: Change, **settings: Any) -> Callable[[Path], Trial]:
    def trial(folder: Path) -> Trial:
        base, candidate = base_model(folder), candidate_model(folder)
        change(base)
        change(candidate)
        return against_base(base, candidate, suite(folder, OPEN))

    return trial


_sound = _trial(lambda place: None)


def _template(text: str) -> Change:
    return lambda place: (place / "chat_template.jinja").write_text(text, encoding="utf-8")


def _named_templates(*names: str) -> Change:
    def change(place: Path) -> None:
        (place / "chat_template.jinja").unlink(missing_ok=True)
        templates = [{"name": name, "template": _T} for name in names]
        edit_json(place / "tokenizer_config.json", chat_template=templates)

    return change


def _appends_eos(place: Path) -> None:
    path = place / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    sequence = [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}]
    pair = [*sequence, {"Sequence": {"id": "B", "type_id": 1}}]
    special = {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}
    processor = {"type": "TemplateProcessing", "single": sequence, "pair": pair, "special_tokens": special}
    path.write_text(json.dumps(content | {"post_processor": processor}), encoding="utf-8")


def _no_tokenizer(place: Path) -> None:
    for path in place.glob("tokenizer*"):
        path.unlink()
    (place / "special_tokens_map.json").unlink(missing_ok=True)


def _added_tokens(place: Path) -> None:
    """Tokens that a trainer added without growing the embedding."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(place)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|tool|>", "<|call|>"]})
    tokenizer.chat_template = _T.replace("<s>assistant", "<|tool|>assistant")
    tokenizer.save_pretrained(place)


def _cut_tokenizer(place: Path) -> None:
    path = place / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8")[:200], encoding="utf-8")


def _generation(**fields: Any) -> Change:
    return lambda place: edit_json(place / "generation_config.json", **fields)


def _config(**fields: Any) -> Change:
    return lambda place: edit_json(place / "config.json", **fields)


def _gpt2(length: int) -> Callable[[Path], Trial]:
    """GPT-2 names its window `n_positions`; a prompt is longer than 64."""

    def trial(folder: Path) -> Trial:
        import torch
        import transformers

        places = []
        for seed, make in enumerate((base_model, candidate_model)):
            place = make(folder)
            config = json.loads((place / "config.json").read_text(encoding="utf-8"))
            torch.manual_seed(seed)
            network = transformers.GPT2LMHeadModel(
                transformers.GPT2Config(
                    vocab_size=config["vocab_size"],
                    n_positions=length,
                    n_embd=32,
                    n_layer=2,
                    n_head=2,
                    bos_token_id=0,
                    eos_token_id=1,
                )
            )
            (place / "model.safetensors").unlink()
            network.save_pretrained(place)
            places.append(place)
        base, candidate = places
        fields = {"doc_to_text": "word " * 40 + "{{question}}"}
        return against_base(base, candidate, suite(folder, OPEN, **fields), "--protocol", "completion")

    return trial


def _float32(folder: Path) -> Trial:
    return against_base(base_model(folder), candidate_model(folder), suite(folder, OPEN), "--dtype", "auto")


def _bfloat16(folder: Path) -> Trial:
    """The candidate was saved in bfloat16, the base in float32, and each is asked as it was saved."""
    import torch
    import transformers

    base, candidate = base_model(folder), candidate_model(folder)
    network = transformers.AutoModelForCausalLM.from_pretrained(candidate, dtype=torch.bfloat16)
    (candidate / "model.safetensors").unlink()
    network.save_pretrained(candidate)
    return against_base(base, candidate, suite(folder, OPEN), "--dtype", "auto")


def cases() -> tuple[Case, ...]:
    tokenizer, template, settings = "tokenizer", "chat template", "folder's settings"
    lost = "another prompt than in training: looks like a loss"
    crash = "ends in a traceback, which CI may read as a regression"
    decode = "answers are decoded in another way than the base's"
    return (
        Case(
            "appends EOS to every text", tokenizer, "an ended text goes on: looks like a loss", "appends nothing",
            _trial(_appends_eos, "--protocol", "completion"), _trial(lambda place: None, "--protocol", "completion"),
            r"EOS",
        ),
        Case(
            "no tokenizer in the folder", tokenizer, crash, "a tokenizer there", _trial(_no_tokenizer), _sound,
            r"tokenizer.*base's|copy.*tokenizer",
        ),
        Case(
            "tokens beyond the embedding", tokenizer, crash, "as many tokens as rows", _trial(_added_tokens), _sound,
            r"embedding",
        ),
        Case("cut short", tokenizer, crash, "the whole file", _trial(_cut_tokenizer), _sound, r"tokenizer"),
        Case(
            "end of turn that generation does not stop at", tokenizer, "answers run on, to the limit",
            "stops at the end of turn",
            _trial(_both_ends), _sound, r"end of turn|stop at|EOS",
        ),
        Case(
            "syntax error", template, crash, "a sound template",
            _trial(_template("{% for m in messages %}{{ m.content }}{% endfr %}")), _sound,
            r"template.*(syntax|endfr)",
        ),
        Case(
            "calls a function that is not there", template, crash, "calls nothing",
            _trial(_template("{{ today() }}" + _T)), _sound, r"template.*today",
        ),
        Case(
            "raises without a system turn", template, crash, "takes any roles",
            _trial(_template("{% if messages[0].role != 'system' %}{{ raise_exception('needs a system turn') }}"
                             "{% endif %}" + _T)),
            _sound, r"needs a system turn",
        ),
        Case(
            "never ends", template, "the run hangs", "ends",
            _trial(_template("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}" + _T)),
            _sound, r"template.*come to an end",
        ),
        Case(
            "a list without a default", template, crash, "a list with a default",
            _trial(_named_templates("tool_use", "rag")), _trial(_named_templates("default", "rag")), r"default",
        ),
        Case(
            "writes today's date", template, "answers change from day to day", "writes no date",
            _trial(_template("{{ strftime_now('%d %B %Y') }}" + _T)), _sound, r"\bdate",
        ),
        Case(
            "leaves out the user's text", template, lost, "writes every text",
            _trial(_template(_T.replace("{{ message['content'] }}", "{{ message['text'] }}"))),
            _sound, r"template.*leaves out",
        ),
        Case(
            "writes the user's text twice", template, lost, "writes each text once",
            _trial(_template(_T.replace("{{ message['content'] }}", _TWICE))),
            _sound, r"template.*2 times",
        ),
        Case(
            "no generation prompt", template, lost, "leads into the answer",
            _trial(_template(_T.partition("{% if add")[0])), _sound, r"generation prompt",
        ),
        Case(
            "writes BOS that the tokenizer adds too", template, lost, "BOS once",
            _trial(_template("<s>" + _T)), _sound, r"BOS",
        ),
        Case(
            "repetition_penalty in generation_config.json", settings, decode, "defaults written out",
            _trial(_generation(repetition_penalty=1.5)), _both(_generation(repetition_penalty=1.0)),
            r"repetition_penalty",
        ),
        Case(
            "a forced first token in generation_config.json", settings, decode, "defaults written out",
            _trial(_generation(forced_bos_token_id=7)), _both(_generation(do_sample=False)), r"forced_bos_token_id",
        ),
        Case(
            "min_p in generation_config.json", settings, decode, "defaults written out",
            _trial(_generation(min_p=0.2, do_sample=True)), _both(_generation(do_sample=False)), r"min_p",
        ),
        Case(
            "another rope_theta than the base's", settings, "positions are read in another way", "the same rope",
            _trial(_config(rope_parameters={"rope_theta": 500.0, "rope_type": "default"})), _sound, r"rope",
        ),
        Case(
            "stored in bfloat16, the base in float32", settings, "rounding is taken for forgetting",
            "both stored in float32", _bfloat16, _float32, r"bfloat16",
        ),
        Case(
            "prompt longer than GPT-2's window", settings, crash, "a window that is long enough",
            _gpt2(64), _gpt2(512), r"window|64",
        ),
        Case(
            "no chat template where --protocol chat asks for it", template, "asked in another format than meant",
            "a template there",
            _trial(lambda place: (place / "chat_template.jinja").unlink(), "--protocol", "chat"),
            _trial(lambda place: None, "--protocol", "chat"), r"no chat template",
        ),
    )  # fmt: skip


def _both_ends(place: Path) -> None:
    """A template whose turns end in a token that is not among the ends of generation."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(place)
    tokenizer.chat_template = _T.replace("</s>\n", "<|im_end|>\n")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_end|>"]})
    tokenizer.save_pretrained(place)
    _grow(place, len(tokenizer))


def _grow(place: Path, size: int) -> None:
    import transformers

    network = transformers.AutoModelForCausalLM.from_pretrained(place)
    network.resize_token_embeddings(size, mean_resizing=False)
    network.save_pretrained(place)
