"""Which items are one piece of evidence: the clusters of both keys, joined where an item's views name several.

Two views of one question that name different clusters would count as independent. Whatever they say, the question is
one: the clusters that it stands in are joined, with all that is in them (connected components of the names that items
link).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forgetbench.comparison.pairing.columns import TEXT, Codes, codes
from forgetbench.comparison.pairing.join import JoinedRows


@dataclass(frozen=True, slots=True)
class Clusters:
    """By one key: each row's code, equal for equal names, and the names as a column, null where there is none."""

    codes: Codes
    names: pa.Array


def first_clusters(rows: JoinedRows) -> Clusters:
    """By the first key; an item without a cluster is its own."""
    names = pc.coalesce(rows.texts("cluster"), rows.texts("item_id"))
    return _joined(rows, *codes(names))


def second_clusters(rows: JoinedRows, first: Clusters) -> Clusters:
    """By the second key. Where one view of an item names no cluster it is in that of another view.

    An item of which no view names one shares nothing by this key: its code is one of its own `first` cluster, so that
    the second key adds nothing to the first.
    """
    named = rows.texts("second_cluster")
    named = pc.if_else(pc.equal(named, ""), pa.scalar(None, TEXT), named)
    if named.null_count == len(named):
        return Clusters(first.codes, pa.nulls(len(named), TEXT))
    second = _joined(rows, *codes(named))
    unnamed = second.codes < 0
    return Clusters(np.where(unnamed, len(second.names) + first.codes, second.codes), second.names)


def _joined(rows: JoinedRows, name: Codes, names: pa.Array) -> Clusters:
    """The clusters after joining, each under its name that is met first; -1 stays where no view of an item has one."""
    item, n_items = rows.domain_items()
    of_item = _first_met(item, name, n_items)[item]
    joined = np.where(name < 0, of_item, name)
    linked = np.flatnonzero(joined != of_item)
    if len(linked):
        joined = _components(rows.domain * len(names), joined, of_item, linked)
    return Clusters(joined, names.take(pa.array(joined, mask=joined < 0)))


def _first_met(item: Codes, name: Codes, n_items: int) -> Codes:
    """By item code, the name of the first row that has one; -1 without any."""
    named = np.flatnonzero(name >= 0)[::-1]
    first = np.full(n_items, -1, dtype=np.intp)
    # Of repeated places the last one assigned stays, which is the first row.
    first[item[named]] = name[named]
    return first


def _components(domain: Codes, name: Codes, of_item: Codes, linked: Codes) -> Codes:
    """Each row's name, replaced by the first one that items of its domain link it to.

    `domain` is added to names to tell those of one domain from those of another; the rows `linked` have another name
    than their item in `of_item`.
    """
    # Imported here: it takes 0.14 s, and few comparisons have anything to join.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes, ends = np.unique((domain + np.stack([of_item, name]))[:, linked], return_inverse=True)
    here, there = ends.reshape(2, -1)
    graph = coo_array((np.ones(len(linked), dtype=np.bool_), (here, there)), shape=(len(nodes), len(nodes)))
    _, component = connected_components(graph, directed=False)
    # Names are numbered as they are met, and nodes sorted: the first of a component is that met first.
    representative = nodes[np.unique(component, return_index=True)[1]][component]
    place = np.minimum(np.searchsorted(nodes, domain + name), len(nodes) - 1)
    return np.where((name >= 0) & (nodes[place] == domain + name), representative[place] - domain, name)
