"""Which rows a policy gates, and whether the names in it are names of the comparison."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forgetbench.errors import did_you_mean, shown
from forgetbench.gate.policy import Policy
from forgetbench.records import DOMAINS, TARGET, Comparison, TaskInfo
from forgetbench.storage.yaml_files import Location

RIGIDITY = "format_rigidity"
_MOST_NAMES = 30


@dataclass(frozen=True, slots=True)
class RowNames:
    """The domains and tasks of a comparison, in its order."""

    domains: tuple[str, ...]
    tasks: Mapping[str, str]
    """Each task's domain."""
    supporting: frozenset[str] = frozenset()
    """The tasks that are no part of their domain's score."""

    @classmethod
    def of(cls, comparison: Comparison) -> RowNames:
        """The names in a comparison."""
        return cls(
            tuple(row.name for row in comparison.domains),
            {row.name: row.domain for row in comparison.tasks},
            frozenset(row.name for row in comparison.tasks if row.supporting),
        )

    @classmethod
    def of_tasks(cls, tasks: Sequence[TaskInfo]) -> RowNames:
        """The names that a comparison of these tasks would have."""
        return cls(
            tuple(dict.fromkeys(task.domain for task in tasks)),
            {task.name: task.domain for task in tasks},
            frozenset(task.name for task in tasks if task.supporting),
        )

    @property
    def known_domains(self) -> tuple[str, ...]:
        """The comparison's own and the embedded ones, which a suite need not cover."""
        return tuple(dict.fromkeys([*DOMAINS, *self.domains]))

    def is_domain(self, name: str) -> bool:
        """Whether a name is a domain's; where a domain's only task bears its name, the name is the domain's."""
        return name in self.domains or name not in self.tasks


def in_scope(names: RowNames, policy: Policy) -> dict[str, None]:
    """Names of the rows that gate, measured or not, in the comparison's order and then the policy's."""
    named = {*(policy.domains or ()), *policy.gates}
    default = policy.domains is None
    domains = [name for name in names.domains if name in named or (default and name != TARGET)]
    of_domains = {name for name in names.tasks if names.tasks[name] in domains and name not in names.supporting}
    tasks = [name for name in names.tasks if name in policy.gates or (policy.every_task and name in of_domains)]
    return dict.fromkeys([*domains, *tasks, *(policy.domains or ()), *policy.gates])


def check_names(names: RowNames, policy: Policy) -> None:
    """Raise InputError for a name in the policy that no row has, or for a limit that a row cannot have.

    A misspelt name would gate nothing without anybody noticing.
    """
    for location, name in _named_domains(policy):
        if name not in names.known_domains:
            policy.refuse(location, f"unknown domain '{shown(name)}'; {_nearest(name, names.known_domains)}")
    rows = {*names.tasks, *names.known_domains}
    for name, gate in policy.gates.items():
        if name not in rows:
            policy.refuse(("gates", name), f"no domain or task of the comparison; {_nearest(name, rows)}")
        if gate.max_rigidity is not None and names.tasks.get(name, name) != RIGIDITY:
            hint = f"only {RIGIDITY} and its tasks have a rigidity index; take this limit out"
            policy.refuse(("gates", name, "max_rigidity"), hint)
    gated = {*in_scope(names, policy), *policy.require}
    for number, waiver in enumerate(policy.waivers):
        if waiver.row not in gated:
            why = f"'{shown(waiver.row)}' is no gated row of the comparison; {_nearest(waiver.row, gated)}"
            policy.refuse(("waivers", number, "row"), why)


def _named_domains(policy: Policy) -> Iterator[tuple[Location, str]]:
    """Where the policy names domains, and which."""
    yield from ((("margins", name), name) for name in policy.margins)
    yield from ((("domains", number), name) for number, name in enumerate(policy.domains or ()))
    yield from ((("require", number), name) for number, name in enumerate(policy.require))


def _nearest(name: str, known: Collection[str]) -> str:
    """`did_you_mean` on one line, and of many names only the near ones and the domains."""
    names = [shown(each) for each in known]
    if len(names) > _MOST_NAMES:
        names = [*DOMAINS, *difflib.get_close_matches(shown(name), names, n=1, cutoff=0.5)]
    return did_you_mean(shown(name), names)
