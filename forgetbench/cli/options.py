"""Options that several commands take, each said once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ProtocolName(StrEnum):
    """How prompts are rendered."""

    native = "native"
    completion = "completion"
    chat = "chat"
    both = "both"


BaseOption = Annotated[str | None, typer.Option(help="[NAME=]WHERE of the base to compare with.")]
SuiteOption = Annotated[str | None, typer.Option(help="A suite by name, or a suite file. [default: core]")]
TaskOption = Annotated[list[str] | None, typer.Option("--task", help="Tasks by name instead of a suite; repeatable.")]
TargetOption = Annotated[
    Path | None,
    typer.Option(help="Your own prompts and answers (JSONL), as domain target.", metavar="FILE"),
]
DomainOption = Annotated[str | None, typer.Option(help="Domain of --task names that do not declare one.")]
EngineOption = Annotated[
    str, typer.Option(help="What answers the requests: an engine by name; forgetbench doctor lists them.")
]
ProtocolOption = Annotated[
    ProtocolName,
    typer.Option(help="native: each checkpoint's own chat template, if any. both: native, and completion beside it."),
]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Only the first so many items of each task.")]
SeedOption = Annotated[int, typer.Option(help="Seed of few-shot draws and sampling.")]
ResultsOption = Annotated[Path, typer.Option(help="Where runs and comparisons are kept.")]
NoiseOption = Annotated[bool, typer.Option("--noise-floor", help="Ask the base twice and report how much it differs.")]
SftOption = Annotated[
    Path | None,
    typer.Option(
        "--sft-data", help="The fine-tuning set (JSONL): does its wording leak, and which items does it hold?"
    ),
]
ExcludeOption = Annotated[
    bool, typer.Option("--exclude-contaminated", help="Leave out the items that --sft-data contains.")
]
PickleOption = Annotated[bool, typer.Option("--allow-pickle", help="Load pickle weights; they can run code.")]
RemoteOption = Annotated[bool, typer.Option("--trust-remote-code", help="Run a checkpoint's own code.")]
RunCodeOption = Annotated[bool, typer.Option("--run-code", help="Run code that the model writes, in a sandbox.")]
DtypeOption = Annotated[str, typer.Option(help="Data type of the weights.")]
TensorParallelOption = Annotated[int, typer.Option(min=1, help="GPUs per engine.")]
ReplicasOption = Annotated[int, typer.Option(min=1, help="Engines that share the work, as Ray actors.")]
RayOption = Annotated[
    str | None, typer.Option("--ray-address", help="Join this Ray cluster: HOST:PORT, or auto.", metavar="ADDRESS")
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        help="Server of --engine openai, http://HOST:PORT/v1.", metavar="URL", show_default="$OPENAI_BASE_URL"
    ),
]
ConcurrencyOption = Annotated[int, typer.Option(min=1, help="Requests under way at once to --engine openai's server.")]
TokenizerOption = Annotated[
    Path | None, typer.Option(help="Folder of the served model's tokenizer: prompts go as token ids.", metavar="FOLDER")
]
