"""The items as a set: fields, duplicates, conflicting keys, few-shot examples, clusters, order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from forgetbench.suites.validation.findings import Finding, fail, named, warn
from forgetbench.suites.validation.reading import ReadTask, RenderedItem
from forgetbench.suites.validation.similar import near_duplicates, plain

_LARGEST_CLUSTER = 0.25
_ENOUGH_ITEMS = 20
"""With fewer items, a share of them says nothing."""
_FIRST_ROWS = 0.25
_UNFAIR = 1e-4
"""Probability under fair shuffling below which an order is reported."""


def check_fields(task: ReadTask) -> Iterator[Finding]:
    """Every document has item_id, stratum and the cluster keys of its task; no item_id stands twice."""
    documents, path = list(task.loaded.task.eval_docs), task.declaration.path
    # The default may be missing; what a task declares may not.
    declared = task.loaded.info.clusters if (task.loaded.task.config.metadata or {}).get("clusters") else ()
    for field in dict.fromkeys(("item_id", *task.loaded.info.clusters, "stratum")):
        lacking = [number for number, document in enumerate(documents) if document.get(field) in (None, "")]
        if len(lacking) == len(documents) and field not in declared:
            yield warn(f"no document has '{field}'", str(path), f"give every document a field '{field}'")
        elif lacking:
            where = f"document {lacking[0] + 1} of {len(documents)}"
            yield fail(f"{len(lacking)} documents have no '{field}'", where, f"give every document a field '{field}'")
    repeated = [item_id for item_id, times in Counter(item.item_id for item in task.items).items() if times > 1]
    if repeated:
        what = f"{len(repeated)} item ids stand more than once"
        yield fail(what, named(repeated), "runs are paired by item_id: make each one unique in its task")


def check_duplicates(task: ReadTask) -> Iterator[Finding]:
    """The same question twice, with one key or with two.

    Options belong to the question, since "Which is the odd one out?" is another question with other options. Repeats
    within a cluster are declared as no independent evidence, and only warned of.
    """
    groups = _groups(task.items)
    conflicts = [items for items in groups if len({frozenset(item.answers) for item in items}) > 1]
    same = [items for items in groups if items not in conflicts]
    spread = [items for items in same if len({item.cluster or item.item_id for item in items}) > 1]
    inside = [items for items in same if items not in spread]
    if conflicts:
        what = f"{len(conflicts)} questions have two keys"
        yield fail(what, _ids(conflicts), "correct the wrong key or ask more precisely")
    if spread:
        yield fail(f"{len(spread)} questions are asked more than once", _ids(spread), "keep one of each")
    # Corpus metrics compare the answers of one cluster: there a prompt stands once for each comparison.
    if inside and not task.loaded.info.corpus_metric:
        what = f"{len(inside)} questions are asked again in their own cluster"
        yield warn(what, _ids(inside), "keep one of each")


def check_near_duplicates(task: ReadTask) -> Iterator[Finding]:
    """Questions of different clusters that differ in next to nothing; see `similar`."""
    if pairs := near_duplicates(task.items):
        where = named([f"{first.item_id} ~ {second.item_id}" for first, second in pairs])
        what = f"{len(pairs)} questions all but repeat another one with the same answer"
        yield warn(what, where, "keep one of each, or put them in one cluster")


def check_examples(task: ReadTask) -> Iterator[Finding]:
    """There are as many few-shot examples as prompts show, and none is among the questions."""
    metadata = task.declaration.metadata
    n_shown = max(task.loaded.info.num_fewshot, int(metadata.get("completion_fewshot") or 0))
    config = task.declaration.config
    # A question is not its own example.
    own = config.get("fewshot_split") is not None and config.get("fewshot_split") == config.get("test_split")
    if n_shown > len(task.examples) - own:
        where = task.declaration.where("fewshot_split")
        there = f"{len(task.examples)}{', the question itself among them' if own else ''}"
        yield fail(f"{n_shown} few-shot examples are shown, there are {there}", where, "hold more items out")
    shown = {_wording(item) for item in task.examples}
    if same := [item.item_id for item in task.items if _wording(item) in shown]:
        if config.get("fewshot_split") in (None, config.get("test_split")):
            what, where = "few-shot examples are drawn from the questions", task.declaration.where("fewshot_split")
            yield warn(what, where, "hold a few examples out in a split of their own")
        else:
            what = f"{len(same)} questions stand among the few-shot examples, with their answers"
            yield fail(what, named(same), "hold the examples out")


def check_clusters(task: ReadTask) -> Iterator[Finding]:
    """By neither key is a cluster so large that the task is little more than one piece of evidence."""
    names = [item.cluster for item in task.items], [item.second_cluster for item in task.items]
    for key, of_items in zip(task.loaded.info.clusters, names, strict=False):
        yield from _largest_cluster(task, key, Counter(name for name in of_items if name))


def _largest_cluster(task: ReadTask, key: str, sizes: Counter[str]) -> Iterator[Finding]:
    n_items = len(task.items)
    if not sizes or n_items < _ENOUGH_ITEMS:
        return
    largest, size = sizes.most_common(1)[0]
    if size == n_items:
        what = f"all items have one '{key}', '{largest}'"
        yield warn(what, str(task.declaration.path), "declare in 'clusters' a field that tells items apart")
    elif size > _LARGEST_CLUSTER * n_items:
        what = f"cluster '{largest}' holds {size} of {n_items} items, by '{key}'"
        yield warn(what, str(task.declaration.path), "a cluster is what items share; divide it where they do not")


def check_order(task: ReadTask) -> Iterator[Finding]:
    """The first rows are a fair sample: runs with a limit take those. A chi-square test of the strata."""
    from scipy import stats

    strata = [item.stratum for item in task.items]
    first, rest = _split_counts(strata, round(_FIRST_ROWS * len(strata)))
    if len(set(strata)) < 2 or len(strata) < 2 * _ENOUGH_ITEMS:
        return
    table = [[counts[stratum] for stratum in sorted(set(strata))] for counts in (first, rest)]
    p = float(stats.chi2_contingency(table).pvalue)
    if p < _UNFAIR:
        what = f"the first {sum(first.values())} items have other strata than the rest (p = {p:.1g})"
        yield warn(what, str(task.declaration.path), "shuffle the documents in the build script, with a seed")


def _split_counts(strata: Sequence[str], at: int) -> tuple[Counter[str], Counter[str]]:
    return Counter(strata[:at]), Counter(strata[at:])


def _groups(items: Iterable[RenderedItem]) -> list[list[RenderedItem]]:
    """Items that are the same question word for word, options included."""
    groups: dict[Hashable, list[RenderedItem]] = defaultdict(list)
    for item in items:
        groups[" ".join(item.question.split()), tuple(sorted(item.choices))].append(item)
    return [members for members in groups.values() if len(members) > 1]


def _ids(groups: Iterable[Sequence[RenderedItem]]) -> str:
    return named([" = ".join(item.item_id for item in items[:2]) for items in groups])


def _wording(item: RenderedItem) -> Hashable:
    return plain(item.question), tuple(sorted(item.choices)), frozenset(item.answers)
