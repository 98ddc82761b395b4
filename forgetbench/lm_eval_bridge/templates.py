"""Tasks' Jinja templates, rendered in Jinja's sandbox: a YAML is data, and must not run commands or go on for ever.

lm-eval renders every field through one environment of its own. `sandbox_templates` puts this one in its place, which is
the same but for what a template may do: nothing that leads out of it or changes a document.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from forgetbench.errors import SuiteError
from forgetbench.sandbox.limits import LimitError, checked_size, limited

if TYPE_CHECKING:
    from jinja2 import Environment


_MOST_COMPILED = 256


class NullFieldError(SuiteError):
    """A template writes a field that is null: the model would read the word None."""


def sandbox_templates() -> None:
    """From here on lm-eval renders in the sandbox; templates are compiled once, where lm-eval does so per document."""
    utils: Any = importlib.import_module("lm_eval.utils")
    utils.env = _environment()


@contextmanager
def template_limit() -> Iterator[None]:
    """A limit of time and memory for what is rendered inside. Raises LimitError."""
    try:
        with limited():
            yield
    except LimitError as error:
        raise LimitError(f"a template {error}") from error


@contextmanager
def nulls_refused() -> Iterator[None]:
    """Inside, a template that writes a null field raises NullFieldError."""
    environment: Any = _environment()
    before, environment.refuses_null = environment.refuses_null, True
    try:
        yield
    finally:
        environment.refuses_null = before


@functools.cache
def _environment() -> Environment:
    from jinja2 import BaseLoader, StrictUndefined, Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class LimitedTemplate(Template):
        rendered_before = False

        def render(self, *args: Any, **kwargs: Any) -> str:
            if self.rendered_before:
                return checked_size(super().render(*args, **kwargs))
            # What has no end mostly has none on any document, and the limit takes longer than a rendering.
            with template_limit():
                text = checked_size(super().render(*args, **kwargs))
            self.rendered_before = True
            return text

    class Sandbox(ImmutableSandboxedEnvironment):
        template_class = LimitedTemplate
        refuses_null = False

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.compiled: dict[str, Template] = {}

        def from_string(self, source: Any, *_: Any, **__: Any) -> Template:
            known = self.compiled.get(source)
            if known is None:
                with template_limit():
                    known = super().from_string(source)
                if len(self.compiled) == _MOST_COMPILED:
                    self.compiled.clear()
                self.compiled[source] = known
            return known

    def finalize(value: Any) -> Any:
        if value is None and environment.refuses_null:
            raise NullFieldError("a template writes a field that is null")
        return value

    environment = Sandbox(loader=BaseLoader(), undefined=StrictUndefined, keep_trailing_newline=True, finalize=finalize)
    lm_evals: Any = importlib.import_module("lm_eval.utils").env
    environment.filters.update(lm_evals.filters)
    return environment
