"""Suite files: what is written, and the line that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from forgetbench.errors import SuiteError
from forgetbench.suites.suite import load_suite, suite_names, suite_of_tasks


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


def test_the_embedded_suites_load() -> None:
    assert {"smoke", "demo", "core"} <= set(suite_names())
    for name in suite_names():
        suite, _ = load_suite(name)
        assert suite.name == name
        assert suite.description


def test_a_suite_of_ones_own(tmp_path: Path) -> None:
    text = "name: mine\nmargins: {knowledge: 0.1}\ndomains:\n  knowledge: [a, {task: b, limit: 3}]\n  reasoning: [c]\n"
    suite, folder = load_suite(write(tmp_path, text))
    assert folder == tmp_path
    assert [entry.limit for entry in suite.domains["knowledge"]] == [None, 3]
    assert suite.margins == {"knowledge": 0.1}


def test_a_suite_may_extend_an_embedded_one(tmp_path: Path) -> None:
    text = "name: mine\nextends: demo\nshare: 0.5\nmargins: {medicine: 0.1}\ndomains: {medicine: [a]}\n"
    suite, _ = load_suite(write(tmp_path, text))
    demo, _ = load_suite("demo")
    assert suite.domains == demo.domains | {"medicine": suite.domains["medicine"]}
    assert suite.margins == demo.margins | {"medicine": 0.1}
    assert (suite.name, suite.share, suite.max_gen_toks) == ("mine", 0.5, demo.max_gen_toks)
    # A suite of its own has versions of its own.
    assert suite.version is None


def test_any_slug_is_a_domain(tmp_path: Path) -> None:
    text = "name: mine\nmargins: {safety: 0.01}\ndomains: {safety: [a], medicine_2: [b]}\n"
    suite, _ = load_suite(write(tmp_path, text))
    assert list(suite.domains) == ["safety", "medicine_2"]
    assert list(suite_of_tasks(["a"], "maths").domains) == ["maths"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: x\ndomains:\n  knowledge:\n    - {task: a, limitt: 3}\n",
            r"mine\.yaml:4: .*limitt.*did you mean 'limit'",
        ),
        ("name: x\ndomain: {}\n", r"mine\.yaml:\d+: field 'domain"),
        (
            "name: x\ndomains:\n  Red Team: [a]\n",
            r"mine\.yaml:2: .*'Red Team' is no name for a domain; take lower-case letters",
        ),
        ("name: x\ndomains:\n  knowledge:\n    - {task: a, limit: 0}\n", r"mine\.yaml:4: .*limit.*greater than 0"),
        ("name: x\ndomains: {knowledge: []}\n", "at least one task"),
        ("name: x\n", "a suite needs 'domains', or another suite that it 'extends'"),
        ("name: x\nextends: cor\n", "field 'extends': unknown suite 'cor'; did you mean 'core'"),
        ("name: x\nversion: 0\ndomains: {knowledge: [a]}\n", r"mine\.yaml:2: field 'version'"),
        ("name: x\ndomains:\n  knowledge:\n    - {task: a, level: hard}\n", "'hard' is no range of levels"),
        ("name: x\ndomains: {knowledge: [a], reasoning: [a]}\n", "'a' stands in it twice"),
        ("name: x\ndomains: {overall: [a]}\n", "that of the row over all of them"),
        (
            "name: x\nmargins: {knowledge: 2}\ndomains: {knowledge: [a]}\n",
            r"mine\.yaml:2: .*less than 1; 2 of 100 is written 0\.02",
        ),
        (
            "name: x\ndomains:\n  knowledge: [a]\n  knowledge: [b]\n",
            r"mine\.yaml:4: field 'domains.knowledge': stands twice, first in line 3",
        ),
        ("name: [\n", r"mine\.yaml:2: not valid YAML"),
        ("- a\n", "mine.yaml:1: a mapping of fields is expected, not a list"),
        ("", "mine.yaml:1: field 'name': field required"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        load_suite(write(tmp_path, text))


def test_unknown_suite_names_the_nearest() -> None:
    with pytest.raises(SuiteError, match=r"unknown suite 'smok'; did you mean 'smoke'\?"):
        load_suite("smok")


def test_no_such_suite_file(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="no such suite file"):
        load_suite(str(tmp_path / "nothing.yaml"))


def test_tasks_by_name() -> None:
    assert suite_of_tasks(["a", "b"], "reasoning").domains["reasoning"][1].task == "b"
    with pytest.raises(SuiteError, match="given twice"):
        suite_of_tasks(["a", "a"], None)
    with pytest.raises(SuiteError, match="'2nd' is no name for a domain"):
        suite_of_tasks(["a"], "2nd")
