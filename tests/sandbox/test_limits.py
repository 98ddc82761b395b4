"""Templates that never end, or want all memory, are stopped; all others notice nothing."""

from __future__ import annotations

import re
import resource
import signal
import threading

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from forgetbench.sandbox.limits import LimitError, checked_size, limited

LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
DOUBLING = (
    "{% set space = namespace(text='x' * 64) %}"
    "{% for i in range(60) %}{% set space.text = space.text ~ space.text %}{% endfor %}"
)


def render(template: str) -> str:
    return ImmutableSandboxedEnvironment().from_string(template).render()


@pytest.mark.parametrize("template", [LOOPS, "{{ 10 ** (10 ** 8) }}"], ids=["loops", "constant"])
def test_a_template_without_an_end_is_stopped(template: str) -> None:
    with pytest.raises(LimitError, match="does not come to an end"), limited(0.2):
        render(template)


def test_a_regular_expression_without_an_end_is_stopped() -> None:
    with pytest.raises(LimitError, match="does not come to an end"), limited(0.2):
        re.match("(a+)+$", "a" * 64 + "b")


@pytest.mark.parametrize("template", [DOUBLING, "{{ 'x'.ljust(10 ** 10) }}"], ids=["doubling", "padding"])
def test_a_template_that_wants_all_memory_is_stopped(template: str) -> None:
    with pytest.raises(LimitError, match="memory"), limited(memory=1 << 28):
        render(template)


def test_a_long_text_is_refused() -> None:
    assert checked_size("short") == "short"
    with pytest.raises(LimitError, match="writes 11 characters"):
        checked_size("x" * 11, 10)


def test_nothing_is_left_behind() -> None:
    before = signal.getsignal(signal.SIGALRM), resource.getrlimit(resource.RLIMIT_AS)
    with limited():
        assert render("{{ 1 + 1 }}") == "2"
    with pytest.raises(LimitError), limited(0.05):
        render(LOOPS)
    assert (signal.getsignal(signal.SIGALRM), resource.getrlimit(resource.RLIMIT_AS)) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_timer_that_was_running_goes_on() -> None:
    handler = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 100)
    try:
        with limited():
            pass
        assert 90 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


def test_in_another_thread_memory_is_limited() -> None:
    caught: list[str] = []

    def work() -> None:
        try:
            with limited(memory=1 << 28):
                render(DOUBLING)
        except LimitError as error:
            caught.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert caught == ["takes more than 0.3 GB of memory"]
