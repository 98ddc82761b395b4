"""A checkpoint's chat template: which one of its folder, rendered within limits, and every failure in one line.

The rendering is transformers' own; what is different here: `strftime_now` gives a fixed day, or every prompt of a
template that writes the date would be another one tomorrow, and messages whose contents a template takes only as a
list of parts are given as that.
"""

from __future__ import annotations

import datetime
import importlib
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forgetbench.errors import CheckpointError, first_line, shown
from forgetbench.fingerprint import TEMPLATE_FILES
from forgetbench.sandbox.limits import LimitError, checked_size, limited

Message = dict[str, str]
NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})

PINNED_DAY = datetime.datetime(2024, 7, 26, 12)
"""What templates are told is now: the day that Llama 3's fall back on where they are told none."""
_PROBE, _SYSTEM_PROBE = "Name a fruit.", "Speak of the weather."
_WITHOUT = "--protocol completion"


class ChatTemplate:
    """The template that plain conversations use, of a tokenizer that has one."""

    def __init__(self, tokenizer: Any, folder: Path) -> None:
        """`tokenizer` is transformers', read from `folder`."""
        self._hf = tokenizer
        self._where = f"checkpoint {folder}: its chat template ({template_source(folder)})"
        self._asks_the_date = False

    @property
    def text(self) -> str:
        """Its Jinja text. CheckpointError where there are several and none is for plain conversations."""
        named = self._hf.chat_template
        if isinstance(named, dict) and "default" not in named:
            names = ", ".join(shown(str(name)) for name in sorted(named))
            raise CheckpointError(
                f"{self._where} has no 'default' among those it names ({names}); name the one that plain conversations "
                f"use 'default', or evaluate with {_WITHOUT}"
            )
        return str(self._hf.get_chat_template())

    @property
    def reads(self) -> frozenset[str] | None:
        """The names that it reads of what it is told; None where that cannot be seen."""
        jinja2 = importlib.import_module("jinja2")
        meta = importlib.import_module("jinja2.meta")
        environment = jinja2.Environment(extensions=["jinja2.ext.loopcontrols"])
        # transformers' own tag, which Jinja does not know.
        text = re.sub(r"{%-?\s*(?:end)?generation\s*-?%}", "", self.text)
        try:
            return frozenset(meta.find_undeclared_variables(environment.parse(text)))
        except (jinja2.TemplateError, RecursionError):
            # Rendering says what is wrong with it, if anything is.
            return None

    def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool,
        closed: bool = False,
        template_settings: Mapping[str, Any] = NO_SETTINGS,
    ) -> str:
        """The prompt; without a generation prompt the last message is left open, unless it is to be `closed`.

        `template_settings` are what it is told beside the conversation.

        Raises CheckpointError, one line, for a template that fails, does not end, or writes too much.
        """
        settings = {
            **template_settings,
            "add_generation_prompt": add_generation_prompt,
            "continue_final_message": not (add_generation_prompt or closed),
        }
        try:
            try:
                return self._rendered(messages, settings)
            except importlib.import_module("jinja2").exceptions.TemplateError:
                without = [item for item in messages if item["role"] != "system"]
                if len(without) == len(messages):
                    raise
                # Some templates refuse a system role; lm-eval drops it too.
                return self._rendered(without, settings)
        except CheckpointError:
            raise
        except Exception as error:  # a template is a program of the checkpoint's: it can raise anything
            why = f"{type(error).__name__}: {shown(first_line(error))[:300]}"
            raise CheckpointError(
                f"{self._where} cannot render {_roles(messages)}: {why}; mend it, or evaluate with {_WITHOUT}"
            ) from error

    @cached_property
    def takes_system(self) -> bool:
        """Whether it writes a system turn's text."""
        return self._system_turn() == "taken"

    @cached_property
    def drops_system(self) -> bool:
        """Whether it leaves a system turn out without a word, neither writing nor refusing it."""
        return self._system_turn() == "dropped"

    def _system_turn(self) -> str:
        turns = [{"role": "system", "content": _SYSTEM_PROBE}, {"role": "user", "content": _PROBE}]
        try:
            text = self._rendered(turns, {"add_generation_prompt": True})
        except Exception:  # it refuses the turn, or all of them: rendering a question says why
            return "refused"
        return "taken" if _SYSTEM_PROBE in text else "dropped"

    def _rendered(self, messages: Sequence[Message], settings: dict[str, Any]) -> str:
        chat: list[Any] = list(messages)
        if self.takes_parts:
            chat = [{**item, "content": [{"type": "text", "text": item["content"]}]} for item in messages]
        return self._apply(chat, settings)

    def _apply(self, chat: list[Any], settings: dict[str, Any]) -> str:
        template = self.text
        try:
            with limited():
                text = self._hf.apply_chat_template(
                    chat, chat_template=template, tokenize=False, strftime_now=self._strftime_now, **settings
                )
            return checked_size(str(text))
        except LimitError as error:
            raise CheckpointError(f"{self._where} {error}; mend it, or evaluate with {_WITHOUT}") from error

    def _strftime_now(self, form: str) -> str:
        self._asks_the_date = True
        return PINNED_DAY.strftime(form)

    @cached_property
    def takes_parts(self) -> bool:
        """Whether it reads contents only as a list of parts, as templates of models that see images do."""
        return not self._reads(_PROBE) and self._reads([{"type": "text", "text": _PROBE}])

    def _reads(self, content: Any) -> bool:
        try:
            return _PROBE in self._apply([{"role": "user", "content": content}], {"add_generation_prompt": True})
        except CheckpointError:
            raise
        except Exception:  # rendering the messages themselves says why
            return False

    @cached_property
    def writes_the_date(self) -> bool:
        """Whether what it writes depends on the day, which is pinned to `PINNED_DAY`."""
        self.render([{"role": "user", "content": _PROBE}], add_generation_prompt=True)
        return self._asks_the_date


def template_source(folder: Path) -> str:
    """The file of a folder that holds its chat template."""
    return next((name for name in TEMPLATE_FILES if (folder / name).is_file()), "tokenizer_config.json")


def _roles(messages: Sequence[Message]) -> str:
    roles = dict.fromkeys(item["role"] for item in messages)
    return f"a conversation of {', '.join(roles)} turns" if len(roles) > 1 else f"a {next(iter(roles), 'first')} turn"
