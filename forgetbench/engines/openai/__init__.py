"""A served model, over the OpenAI-compatible API that vLLM, SGLang, llama.cpp and the providers speak.

With the model's tokenizer at hand (`Checkpoint.path`) prompts travel to /v1/completions as token ids, and scoring and
generation are those of an engine in this process. Without it they travel as text: chat messages to
/v1/chat/completions, plain text to /v1/completions, and a continuation is scored only where the server's own tokens
meet the end of its context. What a server says is checked in `door` before it goes anywhere.
"""

from __future__ import annotations

from forgetbench.engines.openai.engine import OpenAIEngine
from forgetbench.engines.openai.logprobs import NO_LOGPROBS
from forgetbench.engines.openai.served import served_checkpoint, served_model
from forgetbench.engines.openai.server import server_url
from forgetbench.engines.openai.text_tokens import ServedTokenizer

__all__ = ["NO_LOGPROBS", "OpenAIEngine", "ServedTokenizer", "served_checkpoint", "served_model", "server_url"]
