"""The report in Chinese: nothing is left in English, lines are broken where Chinese allows it, columns stand."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import report_samples as samples
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from forgetbench.messages import speaking
from forgetbench.report import print_comparisons
from forgetbench.report.examples import select_examples
from forgetbench.report.flowing import Flowing
from forgetbench.report.markdown import markdown_report
from forgetbench.report.wording import headline

PUBLISHED = next((Path(__file__).parents[2] / "results" / "comparisons").glob("harsh-*"))
_ENGLISH = re.compile(r"\b(?:the|of|and|was|were|is|are|with|against|regressed|inconclusive|verdict|margin|items)\b")
Call = Callable[..., subprocess.CompletedProcess[str]]


def printed(width: int) -> str:
    stream = io.StringIO()
    with speaking("zh"):
        print_comparisons(Console(file=stream, width=width), [samples.comparison(), samples.retained()])
    return stream.getvalue()


def flowed(text: str, width: int) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width).print(Flowing(Text(text)))
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_keeps_its_width_and_its_columns(width: int) -> None:
    lines = [line.rstrip() for line in printed(width).splitlines()]
    assert max(map(cell_len, lines)) <= width
    first = next(line for line in lines if line.startswith("知识 "))
    second = next(line for line in lines if line.startswith("推理 "))
    assert "▼ 退化" in first
    places = [cell_len(line[: re.search("[▼▽●▲◆◇×] ", line).start()]) for line in (first, second)]  # type: ignore[union-attr]
    assert places[0] == places[1]


def test_the_finding_is_a_chinese_sentence() -> None:
    with speaking("zh"):
        told = headline(samples.comparison())
    assert told.startswith("support-sft-harsh 对比 ")
    assert "个领域中有" in told
    assert not _ENGLISH.search(told)


def test_nothing_of_ours_is_left_in_english() -> None:
    comparison = samples.comparison(warnings=())
    with speaking("zh"):
        text = markdown_report(comparison, select_examples(comparison, samples.items()), {})
    ours = re.sub(r"(`+)text\n.*?\n\1", "", text, flags=re.DOTALL).splitlines()
    # The samples' reasons are no sentences of ours.
    theirs = tuple(f"- {row.name}: ".replace("_", r"\_") for row in comparison.tasks + comparison.domains if row.reason)
    assert [line for line in ours if _ENGLISH.search(line) and not line.startswith(theirs)] == []


def test_chinese_lines_are_filled_and_no_sign_is_parted_from_its_word() -> None:
    text = "测得的 11 个领域中有 4 个退化：知识 −26.3（锁定还是抹除：题太少，无法判断）、创造力。"
    lines = flowed(text, 20)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= 20 for line in lines)
    assert all(cell_len(line) >= 15 for line in lines[:-1])
    assert not [line for line in lines if line[0] in "，。；：、）" or line[-1] in "（"]


def test_english_is_broken_as_ever() -> None:
    text = "a word and another word, and so on to the end"
    stream = io.StringIO()
    Console(file=stream, width=20).print(Text(text))
    assert flowed(text, 20) == stream.getvalue().splitlines()


def test_any_command_speaks_chinese(forgetbench: Call, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    asked = forgetbench("report", PUBLISHED, "--html", page, "--lang", "zh")
    assert asked.returncode == 0, asked.stderr
    assert "=> harsh 对比 base：测得的 11 个领域中有 4 个退化" in asked.stdout.replace("\n", "")
    assert '<html lang="zh-CN">' in page.read_text(encoding="utf-8")
    assert "harsh 对比 base" in forgetbench("report", PUBLISHED, "--html", page, FORGETBENCH_LANG="zh").stdout
    refused = forgetbench("report", PUBLISHED, "--lang", "xx")
    assert refused.returncode == 2
    assert "--lang" in refused.stderr


def test_what_programs_read_is_english_in_any_language(forgetbench: Call, tmp_path: Path) -> None:
    files = {name: (tmp_path / f"en.{name}", tmp_path / f"zh.{name}") for name in ("json", "junit", "badge")}
    said = []
    for place, language in enumerate(("en", "zh")):
        options = [part for name, paths in files.items() for part in (f"--{name}", paths[place])]
        asked = forgetbench("gate", PUBLISHED, *options, "--lang", language)
        assert asked.returncode == 1
        said.append(asked.stdout)
    assert "门禁：退化" in said[1]
    assert "gate: regressed" in said[0]
    for english, chinese in files.values():
        assert english.read_bytes() == chinese.read_bytes()
    assert "fell" in json.dumps(json.loads(files["json"][1].read_text()))
