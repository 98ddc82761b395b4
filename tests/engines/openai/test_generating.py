"""What a served model says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from served_model import KEY, Served, asking, only

from forgetbench.metrics.thinking import split_thinking


def test_samples_come_in_one_request(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    request = asking(engine, checkpoint, "Say", n=3, temperature=0.7, top_p=0.9, seed=100, stop=("\n", "."))
    response = only(engine.generate([request]))
    assert [sample.text for sample in response.samples] == [" answer 100", " answer 101", " answer 102"]
    assert {sample.finish_reason for sample in response.samples} == {"stop"}
    assert server.bodies() == [
        {"model": "small", "prompt": "Say", "n": 3, "temperature": 0.7, "top_p": 0.9, "seed": 100, "max_tokens": 8,
         "stop": ["\n", "."]}
    ]  # fmt: skip


def test_greedy_is_asked_once_and_repeated(server: Served, loaded: Any, letters: Path) -> None:
    engine, checkpoint = loaded(letters)
    request = asking(engine, checkpoint, "Say", n=3)
    response = only(engine.generate([request]))
    assert len(response.samples) == 3
    assert len(set(response.samples)) == 1
    assert response.samples[0].n_tokens == 7
    ((body),) = server.bodies()
    assert (body["prompt"], body["n"], body["temperature"]) == (list(request.prompt), 1, 0)


def test_missing_choices_are_asked_for_with_another_seed(server: Served, loaded: Any) -> None:
    server.most_choices = 2
    engine, checkpoint = loaded()
    response = only(engine.generate([asking(engine, checkpoint, "Say", n=5, temperature=1.0, seed=10)]))
    assert [sample.text for sample in response.samples] == [f" answer {seed}" for seed in range(10, 15)]
    assert [(body["n"], body["seed"]) for body in server.bodies()] == [(5, 10), (3, 12), (1, 14)]


def test_a_server_that_refuses_several_choices_is_asked_one_by_one(server: Served, loaded: Any) -> None:
    server.refuse = lambda body: (400, "only one completion choice is allowed") if body.get("n", 1) > 1 else None
    engine, checkpoint = loaded(concurrency=1)
    requests = [
        asking(engine, checkpoint, prompt, n=2, temperature=1.0, seed=seed) for prompt, seed in (("One", 1), ("Two", 7))
    ]
    texts = [[sample.text for sample in response.samples] for response in engine.generate(requests)]
    assert texts == [[" answer 1", " answer 2"], [" answer 7", " answer 8"]]
    assert [body["n"] for body in server.bodies()] == [2, 1, 1, 1, 1], "several are asked for once"


def test_chat_messages_go_to_the_chat_endpoint(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    messages = [{"role": "system", "content": "Be ünkind"}, {"role": "user", "content": 'Say "hi"\n'}]
    tokenizer = engine.tokenizer(checkpoint)
    assert tokenizer.has_chat_template
    prompt = tokenizer.render(messages, add_generation_prompt=True)
    open_end = tokenizer.render([*messages, {"role": "assistant", "content": "Well,"}], add_generation_prompt=False)
    for text in (prompt, open_end):
        response = only(engine.generate([asking(engine, checkpoint, text)]))
        assert [sample.text for sample in response.samples] == ["<think>hm</think>\n answer 0"]
    asked = [body for path, body in server.asked if path == "/chat/completions"]
    assert [body["messages"][:2] for body in asked] == [messages, messages]
    assert "continue_final_message" not in asked[0]
    assert (asked[1]["continue_final_message"], asked[1]["add_generation_prompt"]) == (True, False)


def test_a_message_without_content_is_thinking_without_an_answer(server: Served, loaded: Any) -> None:
    server.choice = {"message": {"content": None, "reasoning_content": "long"}, "finish_reason": "length"}
    engine, checkpoint = loaded()
    chat = engine.tokenizer(checkpoint).render([{"role": "user", "content": "Hi"}], add_generation_prompt=True)
    (sample,) = only(engine.generate([asking(engine, checkpoint, chat)])).samples
    assert (sample.text, sample.finish_reason) == ("<think>long", "length")
    assert split_thinking(sample.text) == ("long", "")


def test_vllm_is_told_what_it_would_take_from_the_model(server: Served, loaded: Any) -> None:
    server.models = [{"id": "small", "owned_by": "vllm"}]
    server.choice = {"token_ids": [1, 2, 3, 4, 5]}
    engine, checkpoint = loaded()
    response = only(engine.generate([asking(engine, checkpoint, "Say", n=2, temperature=1.0, seed=0)]))
    assert [sample.n_tokens for sample in response.samples] == [5, 5]
    ((body),) = server.bodies()
    assert (body["top_k"], body["min_p"], body["repetition_penalty"]) == (0, 0.0, 1.0)


def test_token_counts_of_several_choices(server: Served, loaded: Any, letters: Path) -> None:
    """By the tokenizer where there is one; else the total, split by the texts' lengths."""
    for tokenizer, expected in ((letters, [9, 10]), (None, [7, 7])):
        engine, checkpoint = loaded(tokenizer)
        server.usage = True
        response = only(engine.generate([asking(engine, checkpoint, "Say", n=2, temperature=1.0, seed=9)]))
        assert [sample.n_tokens for sample in response.samples] == expected


def test_a_filtered_answer_and_a_refused_prompt_touch_their_request_alone(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    long_line = f"this model's window is 5 tokens, says {KEY}\nsecond line"
    server.refuse = lambda body: (400, long_line) if "long" in body["prompt"] else None
    requests = [asking(engine, checkpoint, text) for text in ("a long prompt", "a short one")]
    responses = {response.key: response for response in engine.generate(requests)}
    assert responses[requests[1].key].refusal is None
    refusal = str(responses[requests[0].key].refusal)
    assert refusal == "the server refuses the request (400): this model's window is 5 tokens, says ***"

    server.choice = {"finish_reason": "content_filter"}
    assert "content filter" in str(only(engine.generate([asking(engine, checkpoint, "short")])).refusal)
