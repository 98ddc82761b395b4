"""submission.yaml: what a submission says of itself, and the hashes of its files."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from forgetbench.errors import InputError
from forgetbench.sanitize import printable
from forgetbench.storage.files import write_atomic
from forgetbench.storage.yaml_files import read_yaml

NAME: Final = "submission.yaml"
_LONGEST_LINK: Final = 300
_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_COUNT: Final = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)([KMBT]?)")
_ADDRESS: Final = re.compile(r"[!-~]+")
_MARKUP: Final = re.compile(r"[\"'<>\\^`{|}]")


def _one_line(text: str) -> str:
    if text != " ".join(printable(text).split()):
        raise ValueError("must be one line of characters that can be seen")
    return text


def _count(value: object) -> object:
    """135M -> 135,000,000."""
    found = _COUNT.fullmatch(value) if isinstance(value, str) else None
    return round(float(found[1]) * _UNITS[found[2]]) if found else value


def _web_address(link: str) -> str:
    """Plain http or https, ASCII, without a name or password in it: what is shown is where it leads."""
    mistake = ValueError(
        "must be an address that begins with https:// or http://, without spaces, quotes or a password"
    )
    if not _ADDRESS.fullmatch(link) or _MARKUP.search(link):
        raise mistake
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        raise mistake from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise mistake
    return link


_Text = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_one_line)]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SubmissionFile(BaseModel):
    """submission.yaml. Anybody may have written it: texts are one line and short, a link is http or https."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: Literal[1] = 1
    method: _Text | None = None
    """How it was fine-tuned, in a word or two: LoRA, full, replay."""
    parameters: Annotated[int, BeforeValidator(_count), Field(gt=0, le=10**15)] | None = None
    """Of the model, as a number or as 135M, 1.5B."""
    licence: Annotated[_Text, Field(pattern=r"^[A-Za-z0-9 .+()-]+$")] | None = None
    """Of the fine-tuned checkpoint: an SPDX identifier, where there is one."""
    link: Annotated[str, Field(max_length=_LONGEST_LINK), AfterValidator(_web_address)] | None = None
    """Where the checkpoint or its description is found."""
    submitter: _Text | None = None
    date: datetime.date | None = None
    hashes: Annotated[dict[str, _Hash], Field(max_length=100)] = {}
    """SHA-256 of every other file of the submission, by its path in the folder."""


def read_submission_file(folder: Path) -> SubmissionFile | None:
    """submission.yaml of a folder; None where there is none. InputError, one line, at its first mistake."""
    path = folder / NAME
    if not (path.is_symlink() or path.exists()):
        return None
    if path.is_symlink():
        raise InputError(f"{path}: is a link; copy the file instead")
    return read_yaml(path, SubmissionFile)


def described(values: Mapping[str, Any]) -> SubmissionFile:
    """A submission's file of values that somebody typed. InputError names the one that cannot be."""
    from pydantic import ValidationError

    try:
        return SubmissionFile.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"--{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}") from error


def write_submission_file(folder: Path, file: SubmissionFile) -> None:
    """Write submission.yaml; what is not told is left out."""
    content = file.model_dump(exclude_none=True)
    write_atomic(folder / NAME, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
