"""The trie of token ids behind a set of continuations, and sums along its paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forgetbench.records import Continuation

Path = tuple[int, ...]


def inner_nodes(continuations: Sequence[Path]) -> dict[Path, list[int]]:
    """Each proper prefix of the continuations with the tokens that follow it, shortest prefix first.

    Every log-probability the continuations need stands at one of these nodes: `log p(token | prompt + prefix)`.
    """
    nodes: dict[Path, set[int]] = {}
    for tokens in continuations:
        for depth, token in enumerate(tokens):
            nodes.setdefault(tokens[:depth], set()).add(token)
    return {path: sorted(nodes[path]) for path in sorted(nodes, key=lambda path: (len(path), path))}


def path_loglikelihoods(
    continuations: Sequence[Path], nodes: Mapping[Path, tuple[Mapping[int, float], int]]
) -> tuple[Continuation, ...]:
    """Sum the log-probabilities along each continuation.

    `nodes` maps a prefix to (log-probability by token, the most likely token there).
    """
    return tuple(
        Continuation(
            loglikelihood=float(sum(nodes[tokens[:depth]][0][token] for depth, token in enumerate(tokens))),
            is_greedy=all(nodes[tokens[:depth]][1] == token for depth, token in enumerate(tokens)),
            n_tokens=len(tokens),
        )
        for tokens in continuations
    )
