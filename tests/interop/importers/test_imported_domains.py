"""Which domain another harness's task is in, where nobody says."""

from __future__ import annotations

import pytest

from forgetbench.interop.importers.domains import domain_name, domain_of
from forgetbench.suites.domains import domain_mistake


@pytest.mark.parametrize(
    ("task", "groups", "domain"),
    [
        ("mmlu_anatomy", ("mmlu_stem", "mmlu"), "knowledge"),
        ("arc_challenge", (), "knowledge"),
        ("gsm8k", (), "reasoning"),
        ("leaderboard_bbh_snarks", ("leaderboard_bbh", "leaderboard"), "reasoning"),
        ("leaderboard_ifeval", ("leaderboard",), "instruction"),
        ("truthfulqa_mc1", (), "honesty"),
        ("xnli_de", ("xnli",), "multilingual"),
        ("niah_single_1", ("ruler",), "long_context"),
        ("lambada_openai", (), "language"),
        ("anatomy_de", ("our_mmlu",), "knowledge"),
        ("seas", ("Geography",), "geography"),
        ("seas", ("nearer", "Outermost group"), "outermost_group"),
        ("seas", (), "seas"),
    ],
)  # fmt: skip
def test_known_names_then_the_outermost_group_then_its_own(task: str, groups: tuple[str, ...], domain: str) -> None:
    assert domain_of(task, groups) == domain


@pytest.mark.parametrize("name", ["overall", "7B", "", "../x", "Überblick", "a" * 200, "__", "\x1b[31m"])
def test_any_text_becomes_the_name_of_a_domain(name: str) -> None:
    assert domain_mistake(domain_name(name)) is None
