"""What has to be computed to score continuations, each distinct token once: a prefix tree and probes into it.

Requests with the same prompt form a group. The continuations of a group form a tree of token ids; every
log-probability that is needed stands on an edge of it: `log p(token | prompt + path to the node)`. A probe is one
prompt for an engine with a prefix cache. It reads edges in two ways: as the log-probabilities of its own last
tokens (only of those that were computed and not taken from the cache), and as those of the tokens that may follow it.
What no probe could read, since the cache reached too far, is asked again at its own node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forgetbench.records import Continuation, Request, Response

Tokens = tuple[int, ...]

_ROW_COST = 0.4
"""A prompt log-probability (one row over the vocabulary) in units of computing one prompt token."""
_PROBE_COST = 8
"""A further probe in the same unit: what an engine spends on a request of its own."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One prompt to compute, and what to read from it."""

    checkpoint: str
    tokens: Tokens
    first_row: int
    """Index of the first of `tokens` whose own log-probability is read; `len(tokens)` where none is."""
    next_tokens: Tokens
    """Tokens whose log-probability after the prompt is read."""

    @property
    def wants_rows(self) -> bool:
        return self.first_row < len(self.tokens)


class PromptGroup:
    """The requests that share one prompt on one checkpoint, and the tree of their continuations."""

    def __init__(self, checkpoint: str, prompt: Tokens) -> None:
        self.checkpoint = checkpoint
        self.prompt = prompt
        self.requests: list[Request] = []
        self.outstanding = 0
        """Probes that are still to be answered."""
        # Nodes are numbered, 0 is the end of the prompt; the child of a node by token, and how a node is reached.
        self._children: list[dict[int, int]] = [{}]
        self._reached: list[tuple[int, int]] = [(-1, -1)]
        self._edges: dict[tuple[int, int], tuple[float, bool]] = {}

    def add(self, request: Request) -> None:
        """Take a request in; its prompt and checkpoint are the group's."""
        self.requests.append(request)
        for continuation in request.continuations:
            node = 0
            for token in continuation:
                child = self._children[node].get(token)
                if child is None:
                    child = len(self._children)
                    self._children[node][token] = child
                    self._children.append({})
                    self._reached.append((node, token))
                node = child

    @property
    def inner_tokens(self) -> int:
        """Distinct tokens after the prompt that have to be computed: every node but the root and the leaves."""
        return sum(bool(children) for children in self._children[1:])

    def probes(self, uncached: int, block: int | None, limit: int) -> list[Probe]:
        """The probes that read every edge, the shallow ones first.

        `uncached`: tokens of the prompt that nothing before put in the cache. `block`: tokens per cache block, of
        which a probe behind the prompt computes the last, unfinished one again; None without a cache, where every
        probe computes all of its tokens. `limit`: next tokens per probe.
        """
        ends = {node: self._last_tokens(node) for node, children in enumerate(self._children) if children}
        for node in ends:
            if block is not None and self._cached_whole(node, block):
                ends[node] = list(self._children[node])
        root = bool(ends[0]) or (block is not None and self._root_pays(uncached, block))
        if root:
            ends[0] = list(self._children[0])
        first_row = len(self.prompt) + root
        return [
            Probe(self.checkpoint, tokens, min(first_row, len(tokens)), tuple(following[start : start + limit]))
            for node, following in ends.items()
            for tokens in [self.prompt + self._path(node)]
            for start in range(0, len(following), limit)
        ]

    def _cached_whole(self, node: int, block: int) -> bool:
        """Whether the second probe through a node would find all up to it in the cache, and so not read its edge."""
        length = len(self.prompt) + len(self._path(node))
        return len(self._children[node]) > 1 and length % block == 0

    def _root_pays(self, uncached: int, block: int) -> bool:
        """Whether to read the first edges at the prompt itself, which spares the deeper probes the rows over it."""
        return _ROW_COST * uncached > len(self.prompt) % block + _PROBE_COST

    def missing(self, limit: int) -> list[Probe]:
        """Probes at the nodes of the edges that are still unknown."""
        unknown: dict[int, list[int]] = {}
        for node, children in enumerate(self._children):
            for token in children:
                if (node, token) not in self._edges:
                    unknown.setdefault(node, []).append(token)
        return [
            Probe(self.checkpoint, tokens, len(tokens), tuple(following[start : start + limit]))
            for node, following in unknown.items()
            for tokens in [self.prompt + self._path(node)]
            for start in range(0, len(following), limit)
        ]

    def read(
        self,
        probe: Probe,
        rows: Mapping[int, tuple[float, bool]],
        following: Mapping[int, float],
        most_likely: int,
    ) -> None:
        """Take a probe's answer: (log-probability, is it the most likely) of its own tokens by index, as far as they
        were computed; the log-probability of each next token; and the most likely next token."""
        node = 0
        for index in range(len(self.prompt), len(probe.tokens)):
            token = probe.tokens[index]
            if index in rows:
                self._edges[node, token] = rows[index]
            node = self._children[node][token]
        for token in probe.next_tokens:
            self._edges[node, token] = (following[token], token == most_likely)

    def responses(self) -> Iterator[Response]:
        """The answers, once every edge is known."""
        for request in self.requests:
            yield Response(request.key, continuations=tuple(map(self._sum, request.continuations)))

    def _last_tokens(self, node: int) -> list[int]:
        return [token for token, child in self._children[node].items() if not self._children[child]]

    def _path(self, node: int) -> Tokens:
        tokens = []
        while node:
            node, token = self._reached[node]
            tokens.append(token)
        return tuple(reversed(tokens))

    def _sum(self, continuation: Tokens) -> Continuation:
        node, total, greedy = 0, 0.0, True
        for token in continuation:
            value, top = self._edges[node, token]
            total, greedy = total + value, greedy and top
            node = self._children[node][token]
        return Continuation(total, greedy, len(continuation))


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A group in its place among the others, and its distinct tokens."""

    group: PromptGroup
    uncached: int
    """Tokens of its prompt that the prompt before it, of the same checkpoint, does not share."""

    @property
    def distinct(self) -> int:
        """Tokens that have to be computed for it at least, each node of the prefix tree once."""
        return self.uncached + self.group.inner_tokens


def plan_groups(requests: Iterable[Request]) -> list[PlannedGroup]:
    """Group requests by prompt, prompts with a shared beginning next to each other.

    The same prompt on several checkpoints (a base and its adapters) stands together, so that they are in flight
    together.
    """
    groups: dict[tuple[str, Tokens], PromptGroup] = {}
    for request in requests:
        key = (request.checkpoint, request.prompt)
        group = groups.get(key)
        if group is None:
            group = groups[key] = PromptGroup(*key)
        group.add(request)
    planned, before = [], dict[str, Tokens]()
    for group in sorted(groups.values(), key=lambda group: (group.prompt, group.checkpoint)):
        shared = shared_length(before.get(group.checkpoint, ()), group.prompt)
        before[group.checkpoint] = group.prompt
        planned.append(PlannedGroup(group, len(group.prompt) - shared))
    return planned


def shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two sequences share at the beginning; a few comparisons of slices."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
