"""Write the libraries' files anew, by `npm pack` of their exact versions."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from forgetbench.errors import InputError
from forgetbench.report.flips.vendor import FOLDER, VENDORED, sha256
from forgetbench.storage.files import write_atomic


def fetch() -> list[Path]:
    """Every file, once all are what they must be. Raises InputError where npm is missing or a file is another."""
    npm = shutil.which("npm")
    if npm is None:
        raise InputError("npm is not here; install Node.js, which brings it")
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for package in sorted({file.package for file in VENDORED.values()}):
            packed = subprocess.run(  # noqa: S603 - fixed arguments
                [npm, "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
            )
            with tarfile.open(Path(folder, packed.stdout.split()[-1])) as archive:
                for name, file in VENDORED.items():
                    if file.package == package:
                        found[name] = _member(archive, f"package/{file.path}")
    for name, file in VENDORED.items():
        if sha256(found[name]) != file.sha256:
            raise InputError(f"{name}: {file.path} of {file.package} is not what it was: {sha256(found[name])}")
    for name, data in found.items():
        write_atomic(FOLDER / name, data)
    return [FOLDER / name for name in found]


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    if stream is None:
        raise InputError(f"{name}: not a file of its package")
    return stream.read()


if __name__ == "__main__":
    fetch()
