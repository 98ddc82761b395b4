"""vLLM's prefix cache to the token: a connector that copies the block in which two prompts part.

vLLM shares whole cache blocks. What lies between the last whole block that two prompts share and the token where they
part is computed again by the second: the end of a prompt for each of its choices, of few-shot examples for each
question. It asks a KV connector how much more than its own blocks is at hand, and takes any number of tokens. This one
keeps nothing of its own: the tokens stand in blocks of the cache itself, until these are given to somebody else, and
the block is copied before the step that needs it.

vLLM loads this module by its name, in whatever process it runs.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import torch
from vllm.distributed.kv_transfer.kv_connector.v1.base import KVConnectorBase_V1, KVConnectorMetadata

from forgetbench.engines.vllm.block_index import BlockIndex

_WORTH_WAITING = 4
"""Tokens that a request must find more of in the next step to be put off until then."""


@dataclass
class Copies(KVConnectorMetadata):  # type: ignore[misc]
    """Blocks to copy before a step's forward pass: `sources[i]` to `targets[i]`."""

    sources: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Scheduled:
    """A request that enters in the step that is being put together."""

    request: Any
    blocks: list[int]
    cached: int
    """Tokens in vLLM's own whole blocks."""
    copied: int
    """Tokens behind them that are copied."""


class UnfinishedBlocks(KVConnectorBase_V1):  # type: ignore[misc]
    """Both ends of the connector: vLLM makes one for its scheduler and one for each worker."""

    def __init__(self, vllm_config: Any, role: Any, kv_cache_config: Any) -> None:
        super().__init__(vllm_config, role, kv_cache_config)
        self._block = vllm_config.cache_config.block_size
        # Layers of several kinds keep several tables of blocks.
        self._usable = len(kv_cache_config.kv_cache_groups) == 1
        self._blocks = kv_cache_config.num_blocks
        self._index = BlockIndex()
        self._coming = BlockIndex()
        """What the step that is being put together will have computed."""
        self._found: dict[str, tuple[int, int]] = {}
        """By request: tokens in vLLM's own whole blocks, and the block to copy behind them."""
        self._scheduled: list[_Scheduled] = []
        self._copies = Copies()
        self._layers: list[torch.Tensor] = []

    # --- in the scheduler -----------------------------------------------------------------------

    def get_num_new_matched_tokens(self, request: Any, num_computed_tokens: int) -> tuple[int | None, bool]:
        """Tokens behind vLLM's own whole blocks that can be copied; None puts the request off for a step."""
        if not self._usable or request.skip_reading_prefix_cache:
            return 0, False
        before = self._before(request, num_computed_tokens)
        # The last token is always computed: it gives the logits.
        end = min(num_computed_tokens + self._block, request.num_tokens - 1)
        tokens = request.all_token_ids[num_computed_tokens:end]
        length, source = self._index.longest(before, tokens)
        if self._coming.longest(before, tokens)[0] - length >= _WORTH_WAITING:
            return None, False
        self._found[request.request_id] = num_computed_tokens, source
        return length, False

    def update_state_after_alloc(self, request: Any, blocks: Any, num_external_tokens: int) -> None:
        cached, source = self._found.pop(request.request_id, (0, -1))
        if not self._usable:
            return
        (ids,) = blocks.get_block_ids()
        first = cached // self._block
        self._index.forget(ids[first:])
        if num_external_tokens:
            self._copies.sources.append(source)
            self._copies.targets.append(ids[first])
        scheduled = _Scheduled(request, ids, cached, num_external_tokens)
        self._scheduled.append(scheduled)
        self._add(self._coming, scheduled, request.num_tokens)

    def build_connector_meta(self, scheduler_output: Any) -> Copies:
        grown = scheduler_output.scheduled_cached_reqs.new_block_ids
        self._index.forget(chain.from_iterable(chain.from_iterable(filter(None, grown))))
        for scheduled in self._scheduled:
            computed = scheduler_output.num_scheduled_tokens.get(scheduled.request.request_id, 0)
            self._add(self._index, scheduled, scheduled.cached + scheduled.copied + computed)
        self._scheduled.clear()
        self._coming.clear()
        copies, self._copies = self._copies, Copies()
        return copies

    def reset_cache(self) -> bool:
        self._index.clear()
        return True

    def _add(self, index: BlockIndex, scheduled: _Scheduled, end: int) -> None:
        """Enter the blocks of a request that hold what it computes, up to its token `end`."""
        for start in range(scheduled.cached, end, self._block):
            tokens = scheduled.request.all_token_ids[start : min(start + self._block, end)]
            index.add(self._before(scheduled.request, start), tokens, scheduled.blocks[start // self._block])

    def _before(self, request: Any, start: int) -> Hashable:
        """What stands before a block: vLLM's hash of it and all before, and the adapter."""
        adapter = request.lora_request.lora_int_id if request.lora_request else 0
        return adapter, request.block_hashes[start // self._block - 1] if start else None

    # --- in the workers -------------------------------------------------------------------------

    def register_kv_caches(self, kv_caches: dict[str, torch.Tensor]) -> None:
        self._layers = list(kv_caches.values())
        if self._usable and any(len(layer) != self._blocks for layer in self._layers):
            raise ValueError("this vLLM's cache is not a table of blocks; tell the maintainers of forgetbench")

    def start_load_kv(self, forward_context: Any, **kwargs: Any) -> None:
        copies = self._get_connector_metadata()
        if copies.targets:
            # All are read before any is written: a block may be given away in the step that copies it.
            for layer in self._layers:
                layer[copies.targets] = layer[copies.sources]

    def wait_for_layer_load(self, layer_name: str) -> None: ...

    def save_kv_layer(self, layer_name: str, kv_layer: Any, attn_metadata: Any, **kwargs: Any) -> None: ...

    def wait_for_save(self) -> None: ...
