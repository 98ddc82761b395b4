"""Sharing requests out among replicas: contiguous chunks of about equal work, and who takes which next."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from forgetbench.engines.vllm.prefix_tree import shared_length
from forgetbench.records import Request

_CHUNKS_PER_REPLICA = 8
"""More even the load out better; each costs the time in which an engine empties and fills again."""
_CHUNK_REQUESTS = 64
"""Requests a chunk should have, even if that makes fewer chunks: about what an engine decodes together."""


def chunk_count(requests: int, replicas: int) -> int:
    """How many chunks to cut: about eight per replica, fewer when they would be short."""
    return max(replicas, min(_CHUNKS_PER_REPLICA * replicas, requests // _CHUNK_REQUESTS))


def cut(requests: Sequence[Request], count: int) -> list[list[Request]]:
    """At most `count` chunks of about equal work, none empty: contiguous in the order of (checkpoint, prompt).

    Work is what a prefix cache leaves to compute: a shared beginning counts once. Requests with one prompt stay
    together. Within a chunk the order is the caller's.
    """
    order = sorted(range(len(requests)), key=lambda index: (requests[index].checkpoint, requests[index].prompt))
    works = [
        _new_work(requests[index], requests[before] if before is not None else None)
        for before, index in zip([None, *order], order, strict=False)
    ]
    chunks: defaultdict[int, list[int]] = defaultdict(list)
    done, number, total = 0, 0, sum(works)
    before: Request | None = None
    for index, work in zip(order, works, strict=True):
        request = requests[index]
        if before is None or (request.checkpoint, request.prompt) != (before.checkpoint, before.prompt):
            number = done * count // total
        chunks[number].append(index)
        done, before = done + work, request
    return [[requests[index] for index in sorted(chunk)] for chunk in chunks.values()]


def _new_work(request: Request, before: Request | None) -> int:
    """Rough cost in tokens after the request before it; one generated token costs about what two prompt tokens do."""
    shared = 0
    if before is not None and before.checkpoint == request.checkpoint:
        shared = shared_length(request.prompt, before.prompt)
    answer = sum(map(len, request.continuations))
    if request.sampling is not None:
        answer = 2 * request.sampling.n * request.sampling.max_tokens
    return max(1, len(request.prompt) - shared + answer)


class ChunkQueues:
    """Which replica answers which chunk next."""

    def __init__(self, chunks: Sequence[list[Request]], replicas: int) -> None:
        """Each replica owns a contiguous run of the chunks."""
        self._queues: list[deque[list[Request]]] = [deque() for _ in range(replicas)]
        for number, chunk in enumerate(chunks):
            self._queues[number * replicas // len(chunks)].append(chunk)

    def __bool__(self) -> bool:
        return any(self._queues)

    def take(self, replica: int) -> list[Request] | None:
        """The next chunk of the replica's own; when there is none, the last one of the longest other queue."""
        if self._queues[replica]:
            return self._queues[replica].popleft()
        longest = max(self._queues, key=len)
        return longest.pop() if longest else None

    def put_back(self, replica: int, requests: Iterable[Request]) -> None:
        """Requests that were taken and not answered come first again."""
        if chunk := list(requests):
            self._queues[replica].appendleft(chunk)
