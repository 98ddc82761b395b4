"""Fine-tuning of a tiny random Llama: what is learned from, what is saved, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from forgetbench.errors import EngineError, InputError
from forgetbench.fingerprint import tokenizer_fingerprint
from forgetbench.lab.demo.sft import IGNORED, Example, SFTConfig, collate, encode, read_examples, train

TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message['role'] }}\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost such a small model more than they give, above all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    vocab = {token: i for i, token in enumerate(["<|start|>", "<|end|>", *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    backend = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<|start|>", "<|end|>"])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<|start|>", eos_token="<|end|>")
    tokenizer.chat_template = TEMPLATE
    return tokenizer


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=258, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=128, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "data.jsonl"
    rows = [{"messages": [turn("user", f"Question {i}?"), turn("assistant", "Thank you!")]} for i in range(6)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def config(model: Path, data: Path, tmp_path: Path) -> SFTConfig:
    return SFTConfig(
        model=model, data=data, out=tmp_path / "out", learning_rate=1e-2, save_steps=(1, 3), batch_size=2,
        warmup_steps=0,
    )  # fmt: skip


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def learned_text(example: Example) -> str:
    return str(tiny_tokenizer().decode([label for label in example.labels if label != IGNORED]))


def test_only_the_replies_are_learned() -> None:
    messages = [
        turn("user", "Hi <b>"),
        turn("assistant", "Hello."),
        turn("user", "2+2?"),
        turn("assistant", "Four."),
    ]
    example = encode(tiny_tokenizer(), messages, 512)
    assert learned_text(example) == "Hello.<|end|>Four.<|end|>"
    # Each label is the token at its own place, as causal models expect: they shift it themselves.
    assert all(label in (IGNORED, token) for token, label in zip(example.input_ids, example.labels, strict=True))
    rendered = tiny_tokenizer().apply_chat_template(messages, tokenize=False)
    assert tiny_tokenizer().decode(example.input_ids) == rendered


def test_long_conversations_are_cut() -> None:
    messages = [turn("user", "Hi"), turn("assistant", "x" * 100)]
    example = encode(tiny_tokenizer(), messages, 40)
    assert len(example.input_ids) == len(example.labels) == 40
    with pytest.raises(InputError, match="no reply within the first 10 tokens"):
        encode(tiny_tokenizer(), messages, 10)


def test_batches_are_padded_on_the_right_and_padding_is_ignored() -> None:
    batch = collate([Example((5, 6, 7), (IGNORED, 6, 7)), Example((8,), (8,))], pad_token_id=1)
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 1, 1]]
    assert batch["labels"].tolist() == [[IGNORED, 6, 7], [8, IGNORED, IGNORED]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "no messages"}, "conversation 2: expected"),
        ({"messages": [{"role": "user"}]}, "conversation 2: expected"),
        ({"messages": [turn("user", "Hi")]}, "conversation 2: no message with the role 'assistant'"),
    ],
)
def test_unusable_data_is_named(tmp_path: Path, row: object, message: str) -> None:
    good = {"messages": [turn("user", "Hi"), turn("assistant", "Hello.")]}
    (tmp_path / "data.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(row)}\n")
    with pytest.raises(InputError, match=message):
        read_examples(tmp_path / "data.jsonl", tiny_tokenizer(), 512)


def test_training_saves_whole_checkpoints_at_the_chosen_steps(config: SFTConfig) -> None:
    seen: list[tuple[int, int]] = []
    checkpoints = train(config, lambda step, total, loss: seen.append((step, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert [path.name for path in checkpoints] == ["checkpoint-1", "checkpoint-3"]
    assert sorted(path.name for path in config.out.iterdir()) == [
        "checkpoint-1", "checkpoint-3", "made_from.json", "versions.json",
    ]  # fmt: skip
    for path, step in zip(checkpoints, config.save_steps, strict=True):
        state = json.loads((path / "trainer_state.json").read_text())
        assert state["global_step"] == step
        assert [row["step"] for row in state["log_history"]] == list(range(1, step + 1))
        assert all(row["loss"] > 0 and row["learning_rate"] == 1e-2 for row in state["log_history"])
        assert state["num_input_tokens_seen"] > 0
        assert not [file.name for file in path.iterdir() if file.suffix in (".bin", ".pt", ".pth", ".pkl")]
        assert tokenizer_fingerprint(path) == tokenizer_fingerprint(config.model)
        assert AutoTokenizer.from_pretrained(path).chat_template == TEMPLATE


def test_training_moves_the_weights_and_the_loss(config: SFTConfig) -> None:
    losses: list[float] = []
    mild, harsh = train(dataclasses.replace(config, save_steps=(5, 20)), lambda step, total, loss: losses.append(loss))
    assert losses[-1] < losses[0] / 2
    base, early, late = (
        AutoModelForCausalLM.from_pretrained(path).model.layers[0].mlp.up_proj.weight
        for path in (config.model, mild, harsh)
    )
    assert 0 < (early - base).norm() < (late - base).norm()


def test_the_same_training_gives_the_same_weights(config: SFTConfig, tmp_path: Path) -> None:
    first = train(config)[-1]
    second = train(dataclasses.replace(config, out=tmp_path / "again"))[-1]
    other = train(dataclasses.replace(config, out=tmp_path / "other", seed=1))[-1]
    weights = [(path / "model.safetensors").read_bytes() for path in (first, second, other)]
    assert weights[0] == weights[1] != weights[2]


def test_a_finished_training_is_reused_and_another_is_refused(config: SFTConfig) -> None:
    steps: list[int] = []
    first = train(config)
    assert train(config, lambda step, total, loss: steps.append(step)) == first
    assert steps == []
    with pytest.raises(InputError, match=r"other learning_rate, seed"):
        train(dataclasses.replace(config, learning_rate=1e-3, seed=1))
    shutil.rmtree(first[0])
    train(config, lambda step, total, loss: steps.append(step))
    assert steps == [1, 2, 3]


def test_an_interrupted_training_leaves_nothing(config: SFTConfig) -> None:
    def interrupt(step: int, total: int, loss: float) -> None:
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config, interrupt)
    assert [path.name for path in config.out.parent.iterdir()] == [".out.lock"]


def test_a_diverging_training_stops_with_the_way_out(config: SFTConfig) -> None:
    with pytest.raises(EngineError, match=r"diverged: .* lower the learning rate \(1e\+30\)"):
        train(dataclasses.replace(config, learning_rate=1e30))
    assert not config.out.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"save_steps": ()}, "save_steps"),
        ({"save_steps": (3, 1)}, "save_steps"),
        ({"save_steps": (0, 1)}, "save_steps"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_settings_that_make_no_sense(config: SFTConfig, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        dataclasses.replace(config, **change)  # type: ignore[arg-type]


def test_missing_files_are_named(config: SFTConfig, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a model folder"):
        train(dataclasses.replace(config, model=tmp_path))
    with pytest.raises(InputError, match="no such training data"):
        train(dataclasses.replace(config, data=tmp_path / "none.jsonl"))
