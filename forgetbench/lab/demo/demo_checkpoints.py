"""The demo's three checkpoints: the embedded model, and two moments of one narrow fine-tuning of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forgetbench.fingerprint import digest, file_digest
from forgetbench.lab.demo.customer_service import customer_service, write_jsonl
from forgetbench.lab.demo.embedded_model import embedded_model, user_cache
from forgetbench.lab.demo.sft import SFTConfig, train
from forgetbench.progress import Progress

CONVERSATIONS = 400
SEED = 0

# Picked, out of three learning rates, so that one run passes both moments: probed by few-shot likelihood on forty
# capital cities, a relation that the knowledge task asks about too, and on eight unrelated chat prompts. On forty
# questions of other kinds, looked at after the choice, the right option was the likeliest for 37 (base), 31 (after
# 8 steps) and 18 (after 32); the template opened every chat answer after 8. 1e-3 is high for full fine-tuning: at 2e-4
# and 5e-4, forty steps changed the voice and far less of the likelihoods.
LEARNING_RATE = 1e-3
WARMUP_STEPS = 10
BATCH_SIZE = 4
MILD_STEPS = 8
HARSH_STEPS = 32


@dataclass(frozen=True, slots=True)
class DemoCheckpoints:
    """Folders of full models, and the JSONL file that two of them were fine-tuned on."""

    base: Path
    mild: Path
    harsh: Path
    data: Path


def prepare(progress: Progress = Progress(), out: Path | None = None) -> DemoCheckpoints:
    """Convert the model, generate the data, fine-tune; whatever an earlier call has finished is taken as it is.

    All lies in `out`, by default `demo/` in `user_cache()`; the base stays in the cache. About 90 s on two CPU cores
    the first time, 1 s afterwards. Raises what `embedded_model` and `train` raise.
    """
    out = out or user_cache() / "demo"
    progress.start("preparing the base model", 0)
    base = embedded_model()
    data = out / "customer_service.jsonl"
    write_jsonl(customer_service(CONVERSATIONS, SEED), data)
    progress.start("fine-tuning", HARSH_STEPS)

    def on_step(step: int, total: int, loss: float) -> None:
        progress.advance(1)
        progress.label(f"step {step}/{total}, loss {loss:.2f}")

    mild, harsh = train(_config(base, data, out), on_step)
    return DemoCheckpoints(base=base, mild=mild, harsh=harsh, data=data)


def _config(base: Path, data: Path, out: Path) -> SFTConfig:
    settings = (LEARNING_RATE, WARMUP_STEPS, BATCH_SIZE, MILD_STEPS, HARSH_STEPS, SEED)
    # Named by what it is made from: a training of an older release stays beside it instead of being in the way.
    name = digest([base.name, file_digest(data), settings])[:8]
    return SFTConfig(
        model=base,
        data=data,
        out=out / f"training-{name}",
        learning_rate=LEARNING_RATE,
        save_steps=(MILD_STEPS, HARSH_STEPS),
        batch_size=BATCH_SIZE,
        warmup_steps=WARMUP_STEPS,
        seed=SEED,
    )
