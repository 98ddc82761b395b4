"""Policy files: what is read, and one line with file and line for every mistake."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from report_samples import comparison

from forgetbench.errors import InputError
from forgetbench.gate import POLICY_TEMPLATE, Gate, Policy, Waiver, decide, load_policy
from forgetbench.storage.comparisons import load_comparison


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text)
    return path


def test_a_policy_is_read(tmp_path: Path) -> None:
    text = "margins: {knowledge: .05, reasoning: 0}\ndomains: [knowledge]\nrequire: [language]\non_inconclusive: pass\n"
    assert load_policy(written(tmp_path, text)) == Policy(
        margins={"knowledge": 0.05, "reasoning": 0.0},
        domains=["knowledge"],
        require=["language"],
        on_inconclusive="pass",
    )


def test_gates_and_waivers_are_read(tmp_path: Path) -> None:
    text = """
alpha: 0.01
min_items: 200
verdict: retained
gates:
  knowledge: &strict {margin: 0, max_erased: 0.05}
  reasoning: *strict
waivers:
  - {row: knowledge, reason: "  ticket 1 ", until: 2026-03-31}
"""
    strict = Gate(margin=0.0, max_erased=0.05)
    assert load_policy(written(tmp_path, text)) == Policy(
        alpha=0.01,
        min_items=200,
        verdict="retained",
        gates={"knowledge": strict, "reasoning": strict},
        waivers=[Waiver(row="knowledge", reason="ticket 1", until=date(2026, 3, 31))],
    )


def test_no_policy_is_the_default() -> None:
    assert load_policy(None) == Policy()


def test_the_policy_that_init_writes_is_read_and_so_is_what_it_offers(tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, POLICY_TEMPLATE)) == Policy(margins={"knowledge": 0.05, "reasoning": 0.05})
    whole = re.sub(r"(?m)^#(?=\w|  [\w-])(?!   )", "", POLICY_TEMPLATE)
    policy = load_policy(written(tmp_path, whole))
    assert set(policy.model_fields_set) == set(Policy.model_fields)
    assert {name for gate in policy.gates.values() for name in gate.model_fields_set} >= {
        "margin", "min_items", "verdict", "min_gain", "max_locked", "max_erased", "max_rigidity", "min_score",
    }  # fmt: skip
    named = set(re.findall(r"\w+", POLICY_TEMPLATE))
    assert {*Policy.model_fields, *Gate.model_fields, *Waiver.model_fields} <= named


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", re.sub(r"(?m)^(?!#)", "#", POLICY_TEMPLATE)])
def test_a_policy_of_comments_alone_is_the_default(tmp_path: Path, text: str) -> None:
    assert load_policy(written(tmp_path, text)) == Policy()


NESTED = "on_inconclusive: fail\ngates:\n  reasoning: {}\n  knowledge:\n    margin: 0.1\n    "
WAIVER = "# why\nwaivers:\n  - row: knowledge\n    reason: ticket\n    until: 2026-03-31\n  - "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("margins:\n  knowledge: -1\n", [":2:", "margins.knowledge", "greater than or equal to 0"]),
        ("margins:\n  knowledge: .nan\n", [":2:", "margins.knowledge"]),
        ("margins:\n  knowledge: '0.05'\n", [":2:", "valid number"]),
        ("margins:\n  knowledge: 5\n", [":2:", "less than 1; 5 of 100 is written 0.05"]),
        ("margins: 0.05\n", [":1:", "margins", "a mapping of fields is expected, not '0.05'"]),
        ("margins:\n", [":1:", "margins", "a mapping of fields is expected, not nothing; leave the field out"]),
        ("domains: []\n", [":1:", "domains", "at least 1"]),
        ("domain: [knowledge]\n", [":1:", "'domain'", "did you mean 'domains'"]),
        ("\non_inconclusive: maybe\n", [":2:", "'fail' or 'pass'"]),
        ("margins: {knowledge: 0.05\n", ["not valid YAML"]),
        ("alpha: 0.05\n\tverdict: retained\n", [":2:", "not valid YAML"]),
        ("- knowledge\n", ["policy.yaml:1: a mapping of fields is expected, not a list"]),
        ("knowledge\n", ["policy.yaml:1: a mapping of fields is expected, not 'knowledge'"]),
        ("alpha: 0\n", [":1:", "alpha", "greater than 0"]),
        ("alpha: 95\n", [":1:", "alpha", "less than 0.5"]),
        ("min_items: 1.5\n", [":1:", "min_items", "integer"]),
        ("min_items: true\n", [":1:", "min_items", "integer"]),
        ("verdict: regressed\n", [":1:", "verdict", "'within_margin', 'no_loss' or 'retained'"]),
        ("gates: [knowledge]\n", [":1:", "gates", "a mapping of fields is expected, not a list"]),
        ("gates:\n  knowledge: 0.05\n", [":2:", "gates.knowledge", "a mapping of fields is expected, not '0.05'"]),
        (NESTED + "margn: 0.1\n", [":6:", "'gates.knowledge.margn'", "did you mean 'margin'"]),
        (NESTED + "max_erased: lots\n", [":6:", "gates.knowledge.max_erased", "valid number"]),
        (NESTED + "max_locked: 1.5\n", [":6:", "gates.knowledge.max_locked", "less than or equal to 1"]),
        (NESTED + "margin: 0.2\n", [":6:", "'gates.knowledge.margin'", "stands twice, first in line 5"]),
        ("alpha: 0.05\ngates: {}\nalpha: 0.1\n", [":3:", "'alpha'", "stands twice, first in line 1"]),
        (WAIVER + "row: reasoning\n    until: 2026-03-31\n", [":6:", "waivers.1.reason", "required"]),
        (WAIVER + "{row: reasoning, until: 2026-03-31, reason: ' '}\n", [":6:", "waivers.1.reason", "at least 1"]),
        (WAIVER + "row: reasoning\n    reason: x\n    until: soon\n", [":8:", "waivers.1.until", "date"]),
        (WAIVER + "row: reasoning\n    reason: x\n    until: 2026-02-30\n", [":8:", "waivers.1.until", "no date"]),
        (WAIVER + "row: reasoning\n    reason: x\n    until: 2026-02-03 04:05:06\n", [":8:", "1.until", "date"]),
        ('"a\\nb\\e[2J": 1\n', [":1:", r"a\nb\x1b[2J"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_and_field(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(InputError) as error:
        load_policy(written(tmp_path, text))
    line = str(error.value)
    assert line.isprintable()
    assert "policy.yaml" in line
    for part in said:
        assert part in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("margins:\n  knowlege: 0.05\n",
         ":2: field 'margins.knowlege': unknown domain 'knowlege'; did you mean 'knowledge'?"),
        ("domains:\n- knowledge\n- reasning\n",
         ":3: field 'domains.1': unknown domain 'reasning'; did you mean 'reasoning'?"),
        ("require: [knowledge_open]\n", ":1: field 'require.0': unknown domain 'knowledge_open'; did you mean"),
        ("gates:\n  knowledge: {}\n  knowledge_opn: {}\n",
         ":3: field 'gates.knowledge_opn': no domain or task of the comparison; did you mean 'knowledge_open'?"),
        ("gates:\n  reasoning_open:\n    margin: 0.1\n    max_rigidity: 0.3\n",
         ":4: field 'gates.reasoning_open.max_rigidity': only format_rigidity and its tasks have a rigidity index"),
        ("gates: {target: {max_rigidity: 0.3}}\n", ":1: field 'gates.target.max_rigidity': only format_rigidity"),
        ("waivers:\n- {row: knowlege, reason: x, until: 2026-03-31}\n",
         ":2: field 'waivers.0.row': 'knowlege' is no gated row of the comparison; did you mean 'knowledge'?"),
        ("domains: [knowledge]\nwaivers:\n- row: reasoning\n  reason: x\n  until: 2026-03-31\n",
         ":3: field 'waivers.0.row': 'reasoning' is no gated row of the comparison; known: knowledge"),
        ('gates: {"a\\nb\\e[2J": {}}\n', r":1: field 'gates.a\nb\x1b[2J': no domain or task"),
    ],
)  # fmt: skip
def test_names_are_held_against_the_comparison(tmp_path: Path, text: str, said: str) -> None:
    policy = load_policy(written(tmp_path, text))
    with pytest.raises(InputError) as error:
        decide(comparison(), policy)
    assert f"policy.yaml{said}" in str(error.value)
    assert str(error.value).isprintable() and len(str(error.value)) < 600


def test_without_a_file_the_policy_itself_is_named() -> None:
    with pytest.raises(InputError, match=r"^policy: field 'gates\.nothing'"):
        decide(comparison(), Policy(gates={"nothing": Gate()}))


def test_a_domain_that_the_suite_lacks_is_not_measured_rather_than_unknown() -> None:
    result = decide(comparison(), Policy(domains=["reasoning"], gates={"target": Gate(min_gain=0.1)}))
    assert result.outcome == "inconclusive"
    assert result.reasons[0] == "target was not measured: suite 'core' does not cover it"


def test_a_file_that_holds_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"policy\.yaml:1: .*an alias holds itself"):
        load_policy(written(tmp_path, "gates: &all\n  knowledge: *all\n"))


ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "policies").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_manual_s_policies_fit_the_published_demo(path: Path) -> None:
    demos = sorted((ROOT / "results" / "comparisons").glob("*-demo-*"))
    assert demos
    for demo in demos:
        assert decide(load_comparison(demo), load_policy(path)).decisions


def test_the_manual_shows_the_policy_it_names() -> None:
    manual = (ROOT / "docs" / "gate.md").read_text()
    assert (ROOT / "docs" / "policies" / "release.yaml").read_text() in manual
    fields = {*Policy.model_fields, *Gate.model_fields, *Waiver.model_fields}
    assert {name for name in fields if f"`{name}`" not in manual} == set()


def test_a_missing_policy_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml"):
        load_policy(tmp_path / "none.yaml")
