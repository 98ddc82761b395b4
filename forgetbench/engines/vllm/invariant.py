"""vLLM's CPU kernels made batch-invariant: a token gets the same bits whatever is computed beside it.

Two things in them depend on the batch (vLLM 0.32, float32 and bfloat16):

- A matrix product may take another kernel for another number of rows (one row in float32), which adds up in another
  order. Here only such numbers of rows are computed as were seen to give the same bits; the others are filled up.
- Attention sums over tiles of the context whose size depends on how many queries one call takes together, and splits
  the context of a single query among threads. Here no call takes more queries than the kernel holds at once, so that
  the tile of the context is always the same, and nothing is split.

Norms, activations, rotary embedding, softmax and sampling from a request's own generator go row by row. Nothing here is
trusted: `forgetbench.engines.proof` asks the loaded model.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable
from typing import Any, ClassVar

from forgetbench.errors import EngineError

_TILE = 64
"""Rows of the product that the others are held against."""
_ROWS = (2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""Numbers of rows that are tried. The larger, the fewer calls; the closer, the less is filled up."""
_QUERY_HEADS = {"amx": 32}
"""Query heads that an attention kernel holds in registers, by instruction set; 8 where it is not named
(`MaxQHeadNumPerIteration` in vLLM's csrc/cpu). Fewer are as exact, and slower."""

Product = Callable[..., Any]


def make_invariant(worker: Any) -> None:
    """Wrap the linear layers and the attention of a vLLM CPU worker's model (for `collective_rpc`).

    To be called after every load: weights that are loaded anew bring new products.
    """
    runner = worker.model_runner
    for layer in runner.get_model().modules():
        product = getattr(layer, "cpu_linear", None)
        if product is not None and not isinstance(product, InvariantProduct):
            layer.cpu_linear = InvariantProduct(product)
    backend = importlib.import_module("vllm.v1.attention.backends.cpu_attn")
    for group in (group for groups in runner.attn_groups for group in groups):
        builder = group.get_metadata_builder()
        if isinstance(builder, backend.CPUAttentionMetadataBuilder) and "build" not in vars(builder):
            builder.build = functools.partial(_few_queries, builder, builder.build)


class InvariantProduct:
    """A linear layer's product `(x, weight, bias) -> x @ weight.T + bias`, by numbers of rows that agree."""

    _measured: ClassVar[dict[tuple[Any, ...], tuple[int, ...]]] = {}
    """Numbers of rows by kernel, shapes and type: what a layer's weights are does not change how they are added up."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._rows: tuple[int, ...] = ()

    def __call__(self, x: Any, weight: Any, bias: Any) -> Any:
        torch = importlib.import_module("torch")
        rows = x.reshape(-1, x.shape[-1])
        compute = functools.partial(self._product, weight=weight, bias=bias)
        if not self._rows:
            kernel = getattr(self._product, "__code__", self._product)
            layer = (kernel, *compute(rows[:1]).shape, rows.shape[1], rows.dtype, bias is None, torch.get_num_threads())
            if layer not in self._measured:
                self._measured[layer] = agreeing_rows(compute, rows.shape[1], rows.dtype)
            self._rows = self._measured[layer]
        parts = [
            compute(_filled(part, next(n for n in self._rows if n >= len(part))))[: len(part)]
            for part in rows.split(self._rows[-1])
        ]
        out = parts[0] if len(parts) == 1 else torch.cat(parts)
        return out.reshape(*x.shape[:-1], out.shape[-1])


def agreeing_rows(compute: Callable[[Any], Any], width: int, dtype: Any) -> tuple[int, ...]:
    """The numbers of rows, rising, for which `compute` gives each row the bits that it has among `_TILE`.

    Measured on random rows of `width` numbers, each at two places. Raises EngineError where a row's place
    among `_TILE` decides its bits: then no number of rows would do.
    """
    torch = importlib.import_module("torch")
    most = _ROWS[-1]
    x = torch.randn(most, width, generator=torch.Generator().manual_seed(0)).to(dtype)

    def computed(rows: Any, number: int) -> Any:
        # Weights that are broken are told elsewhere, and NaN equals nothing.
        return torch.cat([compute(part) for part in rows.split(number)]).nan_to_num()

    tiles = computed(x, _TILE)
    rows = tuple(
        number
        for number in _ROWS
        if all(torch.equal(computed(x[at : at + number], number), tiles[at : at + number]) for at in (0, most - number))
    )
    if _TILE not in rows or not torch.equal(computed(x.roll(5, 0), _TILE).roll(-5, 0), tiles):
        raise EngineError(
            "--deterministic does not hold here: a matrix product of this CPU depends on the place of a row; leave it "
            "out, and measure the noise with --noise-floor"
        )
    return rows


def _filled(rows: Any, number: int) -> Any:
    """`number` contiguous rows: these, and zeros."""
    if len(rows) == number:
        return rows.contiguous()
    out = rows.new_zeros(number, rows.shape[1])
    out[: len(rows)] = rows
    return out


def _few_queries(builder: Any, build: Callable[..., Any], prefix: int, common: Any, fast_build: bool = False) -> Any:
    """`CPUAttentionMetadataBuilder.build` for requests cut into pieces of few queries, the context never split."""
    heads = builder.num_heads // builder.num_kv_heads
    at_once = _QUERY_HEADS.get(builder.isa, 8)
    common = in_pieces(common, max(1, at_once // heads if at_once % heads == 0 else at_once))
    metadata = build(prefix, common, fast_build)
    schedule = importlib.import_module("vllm._custom_ops").cpu_attn_get_scheduler_metadata
    metadata.scheduler_metadata = schedule(
        num_reqs=common.num_reqs,
        num_heads=builder.num_heads,
        num_kv_heads=builder.num_kv_heads,
        head_dim=builder.head_dim,
        seq_lens=metadata.seq_lens,
        dtype=builder.dtype,
        query_start_loc=metadata.query_start_loc,
        causal=metadata.causal,
        sliding_window_size=builder.window_size,
        isa=builder.isa,
        enable_kv_split=False,
        dynamic_causal=metadata.dynamic_causal,
        kv_cache_dtype=builder.kv_cache_dtype,
    )
    return metadata


def in_pieces(common: Any, queries: int) -> Any:
    """vLLM's description of a batch with each request as several, of at most so many consecutive queries.

    A piece ends where its last query stands: attention is causal, so what comes behind it is not read.
    """
    torch = importlib.import_module("torch")
    begin, end = common.query_start_loc[:-1], common.query_start_loc[1:]
    pieces = (end - begin + queries - 1) // queries
    owner = torch.repeat_interleave(torch.arange(len(pieces)), pieces)
    number = torch.arange(len(owner)) - (pieces.cumsum(0) - pieces)[owner]
    starts = begin[owner] + (number * queries).to(begin.dtype)
    ends = torch.minimum(starts + queries, end[owner])
    bounds = torch.cat([starts, common.query_start_loc[-1:]])
    return dataclasses.replace(
        common,
        num_reqs=len(owner),
        max_query_len=min(queries, common.max_query_len),
        query_start_loc=bounds,
        query_start_loc_cpu=bounds,
        seq_lens=(common.seq_lens[owner] - (end[owner] - ends)).to(common.seq_lens.dtype),
        block_table_tensor=common.block_table_tensor[owner],
    )
