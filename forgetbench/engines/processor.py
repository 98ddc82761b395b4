"""What this machine's processor can do, as far as it decides how models are run."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

_CPUINFO: Final = Path("/proc/cpuinfo")
_BFLOAT16: Final = frozenset({"avx512bw", "amx_bf16", "avx_ne_convert", "bf16"})
"""As Linux names them: any of these, and oneDNN has matrix products in bfloat16; `bf16` is Arm's."""


@functools.cache
def computes_bfloat16() -> bool:
    """Whether matrix products in bfloat16 are not slower than in float32; True where the processor does not say.

    Without such instructions they take some sixty times as long (measured on an AMD Zen 3).
    """
    return _any_feature(_CPUINFO, _BFLOAT16)


def cpu_dtype(dtype: str, *, quantised: bool = False) -> str:
    """The type that weights get on a CPU: `auto` is float32 where it would be bfloat16, and that too slow to use.

    Kernels for weights that are `quantised` are made for 16 bits, and most refuse float32.
    """
    return "float32" if dtype == "auto" and not quantised and not computes_bfloat16() else dtype


def _any_feature(cpuinfo: Path, wanted: frozenset[str]) -> bool:
    try:
        lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return True
    features = [set(line.partition(":")[2].split()) for line in lines if line.lower().startswith(("flags", "features"))]
    return not features or bool(wanted & features[0])
