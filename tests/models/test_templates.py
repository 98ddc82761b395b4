"""Chat templates are someone else's programs: each failure is one line, none hangs, and none depends on the day."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_models import CHAT_TEMPLATE

from forgetbench.errors import CheckpointError
from forgetbench.models import templates
from forgetbench.models.checks import template_findings
from forgetbench.models.tokenizer import HFTokenizer
from forgetbench.sandbox.limits import limited

QUESTION = [{"role": "user", "content": "Where?"}]
SYSTEM = [{"role": "system", "content": "Be brief."}, *QUESTION]
ANSWERED = [*QUESTION, {"role": "assistant", "content": "Here"}]
WITH_TEMPLATE = Callable[[object], HFTokenizer]


@pytest.fixture
def with_template(tiny_model: Path, tmp_path: Path) -> WITH_TEMPLATE:
    """The tiny model's tokenizer with a chat template: a text in its own file, or what tokenizer_config.json names."""

    def make(template: object) -> HFTokenizer:
        folder = Path(shutil.copytree(tiny_model, tmp_path / "templated", dirs_exist_ok=True))
        (folder / "chat_template.jinja").unlink(missing_ok=True)
        if isinstance(template, str):
            (folder / "chat_template.jinja").write_text(template)
        else:
            path = folder / "tokenizer_config.json"
            path.write_text(json.dumps({**json.loads(path.read_text()), "chat_template": template}))
        return HFTokenizer(folder)

    return make


def render(tokenizer: HFTokenizer, messages: list[dict[str, str]] = QUESTION) -> str:
    return tokenizer.render(messages, add_generation_prompt=True)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ today() }}", "cannot render a user turn: UndefinedError: 'today' is undefined"),
        ("{% for m in messages %}{{ m.content }}{% endfr %}", "TemplateSyntaxError: Encountered unknown tag 'endfr'"),
        ("{{ raise_exception('no \x1b]0;user') }}", r"TemplateError: no \\x1b\]0;user; mend it"),
        ("{{ foo.bar.baz }}", "UndefinedError: 'foo' is undefined"),
        ("{{ 1 / 0 }}", "ZeroDivisionError: division by zero"),
        ("{{ messages[7].content }}", "UndefinedError"),
        ("{{ messages | tojson(1, 2, 3, 4, 5, 6) }}", "TypeError"),
        ("{% include 'other.jinja' %}", "cannot render a user turn"),
        ("{{ 'x' * 11000000 }}", "writes 11,000,000 characters"),
    ],
)
def test_every_failure_is_one_line(with_template: WITH_TEMPLATE, template: str, words: str) -> None:
    with pytest.raises(CheckpointError, match=words) as caught:
        render(with_template(template))
    line = str(caught.value)
    assert "templated: its chat template (chat_template.jinja)" in line
    assert "--protocol completion" in line
    assert line.isprintable()


def test_a_template_without_an_end_is_stopped_once(
    with_template: WITH_TEMPLATE, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    times: list[float] = []

    def shortly() -> object:
        times.append(0.1)
        return limited(0.1)

    monkeypatch.setattr(templates, "limited", shortly)
    with pytest.raises(CheckpointError, match=r"\(chat_template.jinja\) does not come to an end"):
        render(with_template(loops), SYSTEM)
    assert len(times) == 1


def test_named_templates(with_template: WITH_TEMPLATE) -> None:
    several = [{"name": "rag", "template": "{{ 1 / 0 }}"}, {"name": "default", "template": CHAT_TEMPLATE}]
    assert render(with_template(several)) == render(with_template(CHAT_TEMPLATE))
    words = r"\(tokenizer_config.json\) has no 'default' among those it names \(rag, tool_use\)"
    with pytest.raises(CheckpointError, match=words):
        render(with_template([{"name": name, "template": CHAT_TEMPLATE} for name in ("tool_use", "rag")]))


def test_a_system_turn_that_is_refused_is_left_out(with_template: WITH_TEMPLATE) -> None:
    refuses = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + CHAT_TEMPLATE
    assert render(with_template(refuses), SYSTEM) == render(with_template(refuses))


def test_a_template_that_takes_parts(with_template: WITH_TEMPLATE) -> None:
    parts = CHAT_TEMPLATE.replace(
        "{{ message['content'] }}", "{% for part in message['content'] %}{{ part.text }}{% endfor %}"
    )
    tokenizer = with_template(parts)
    assert tokenizer.template.takes_parts
    plain = with_template(CHAT_TEMPLATE)
    assert not plain.template.takes_parts
    for messages in (QUESTION, SYSTEM, ANSWERED):
        assert render(tokenizer, messages) == render(plain, messages)
    assert tokenizer.render(ANSWERED, add_generation_prompt=False).endswith("Here")


def test_a_template_that_trims(with_template: WITH_TEMPLATE) -> None:
    trims = with_template(CHAT_TEMPLATE.replace("message['content']", "message['content'] | trim"))
    spaced = [{"role": "user", "content": "  Where?  "}]
    assert render(trims, spaced) == render(trims)
    assert [item.ok for item in template_findings(trims)] == [True] * 4


def test_the_date_is_pinned(with_template: WITH_TEMPLATE) -> None:
    dated = with_template("{{ strftime_now('%d %b %Y') }} " + CHAT_TEMPLATE)
    assert render(dated).startswith("26 Jul 2024 ")
    assert dated.template.writes_the_date
    assert not with_template(CHAT_TEMPLATE).template.writes_the_date


def test_an_open_and_a_closed_last_turn(with_template: WITH_TEMPLATE) -> None:
    tokenizer = with_template(CHAT_TEMPLATE)
    assert tokenizer.render(ANSWERED, add_generation_prompt=False).endswith("Here")
    closed = tokenizer.template.render(ANSWERED, add_generation_prompt=False, closed=True)
    assert closed.endswith("Here</s>\n")
