"""Which type weights get on a CPU, by what its processor says of itself."""

from pathlib import Path

import pytest

from forgetbench.engines import processor

ZEN_3 = "processor\t: 0\nflags\t\t: fpu sse2 fma avx avx2\n"
ZEN_4 = "processor\t: 0\nflags\t\t: fpu sse2 fma avx avx2 avx512f avx512bw avx512_bf16\n"
NEOVERSE_N1 = "processor\t: 0\nFeatures\t: fp asimd asimddp\n"
NEOVERSE_V1 = "processor\t: 0\nFeatures\t: fp asimd sve bf16 i8mm\n"


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """`auto` on a processor, by its /proc/cpuinfo."""

    def resolved(text: str | None, dtype: str = "auto", *, quantised: bool = False) -> str:
        path = tmp_path / "cpuinfo"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        monkeypatch.setattr(processor, "_CPUINFO", path)
        processor.computes_bfloat16.cache_clear()
        return processor.cpu_dtype(dtype, quantised=quantised)

    yield resolved
    processor.computes_bfloat16.cache_clear()


@pytest.mark.parametrize("text", [ZEN_3, NEOVERSE_N1])
def test_auto_is_float32_where_bfloat16_has_no_instructions(on, text: str) -> None:
    assert on(text) == "float32"


@pytest.mark.parametrize("text", [ZEN_4, NEOVERSE_V1, "", None])
def test_auto_stays_where_it_has_or_nothing_is_said(on, text: str | None) -> None:
    assert on(text) == "auto"


def test_what_was_asked_for_is_kept(on) -> None:
    assert on(ZEN_3, "bfloat16") == "bfloat16"


def test_quantised_weights_are_computed_as_their_kernels_are_made(on) -> None:
    assert on(ZEN_3, quantised=True) == "auto"
