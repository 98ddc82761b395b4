"""A suite: which tasks are asked per domain, how many items of each, and the margin each domain may lose.

    name: demo
    description: what it is for
    version: 1                                   # of the whole, shown beside its name
    share: 0.5                                   # of each stratum of every task; by default all of it
    extends: core                                # its domains and settings, where this file has none
    margins: {knowledge: 0.05}
    max_gen_toks: 512                            # of every generated answer; by default each task's own
    chat_template_kwargs: {enable_thinking: false} # what chat templates are told
    system_prompt: Be brief.                       # in front of every chat
    add_bos: true                                  # where the tokenizer adds none and the model needs it
    domains:
      knowledge:
        - knowledge_choice                       # a task by name
        - {task: knowledge_open, limit: 100}     # or with settings
        - {task: reasoning_open, level: 4-}      # of levels 4 and up, where items have one
      target:
        - {file: mine.jsonl}                     # prompts and answers of one's own, see forgetbench.suites.target
      medicine: [my_diagnoses]                   # any slug is a domain

Task names are those of lm-eval YAML files under tasks/, beside the suite file, or of lm-eval itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from forgetbench.errors import SuiteError, did_you_mean
from forgetbench.lm_eval_bridge.selection import Levels
from forgetbench.lm_eval_bridge.task_entry import ClusterBy
from forgetbench.models.prompting import Prompting, template_settings_mistake
from forgetbench.records import DEFAULT_BITS_MARGIN, DEFAULT_PRESERVE, TARGET, RunManifest, View
from forgetbench.storage.yaml_files import compose, construct, read_yaml, yaml_text
from forgetbench.suites.domains import domain_mistake

STANDARD = "standard"
"""The suite of published benchmarks: its settings are those of a task of lm-eval's that is asked for by name."""

_UNNAMED = "tasks"
"""The name of a suite of tasks that were given one by one."""


class SuiteTask(BaseModel):
    """One task of a suite and the settings that differ from its YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    """The task's name; that of a `file` is `target_` and its stem where none is given."""
    file: Path | None = None
    """A JSON Lines file of prompts and answers that becomes the task; relative to the suite file."""
    limit: Annotated[int, Field(gt=0)] | None = None
    """Only the first so many documents."""
    level: str | None = None
    """Only documents of these levels, where the task's have any: 4, 2-4 or 4-."""
    num_fewshot: Annotated[int, Field(ge=0)] | None = None
    """With or without a chat template."""
    max_gen_toks: Annotated[int, Field(gt=0)] | None = None
    """Token limit of an answer, in place of the suite's and the task's own."""
    metric: str | None = None
    """Which of the task's metrics is the item's score; for tasks that do not declare it."""
    filter: str | None = None
    """Which of the task's filters gives the score, for tasks that have several."""
    chance: Annotated[float, Field(ge=0, lt=1)] | None = None
    view: View | None = None
    binary: bool | None = None
    """Item scores are 0 or 1; for a metric that does not tell by its name."""
    subtasks: str | None = None
    """Of a group, only the tasks whose names match this pattern, as in `mgsm_native_*`."""
    cluster: ClusterBy | None = None
    """What the items of a group share: by default the task they come from; the document where they are translations."""

    @field_validator("level", mode="before")
    @classmethod
    def _range_of_levels(cls, value: Any) -> str | None:
        # YAML reads 4 as a number.
        return None if value is None else str(Levels.of(str(value)))

    @property
    def levels(self) -> Levels | None:
        """The levels that are asked; None for all."""
        return None if self.level is None else Levels.of(self.level)

    @model_validator(mode="before")
    @classmethod
    def _named_after_its_file(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("file") and "task" not in value:
            from forgetbench.suites.target import target_name

            return {**value, "task": target_name(Path(str(value["file"])))}
        return value


def _by_name(value: object) -> object:
    return {"task": value} if isinstance(value, str) else value


class Suite(BaseModel):
    """A suite file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    description: str = ""
    version: Annotated[int, Field(ge=1)] | None = None
    """Grows with every change of what it asks: results of two versions do not stand in one table."""
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Only so much of each stratum of every task, whole clusters."""
    margins: dict[str, Annotated[float, Field(gt=0, lt=1)]] = {}
    """How much each domain may lose, in score units."""
    bits_margin: Annotated[float, Field(gt=0, lt=8)] = DEFAULT_BITS_MARGIN
    """How much tasks scored in bits per byte may lose, in bits per byte."""
    preserve: Annotated[float, Field(ge=0, lt=1)] = DEFAULT_PRESERVE
    """The fraction of the base's chance-corrected score that must be kept; 0 asks for none."""
    max_gen_toks: Annotated[int, Field(gt=0, lt=1 << 31)] | None = None
    """Token limit of every generated answer, in place of each task's own; a task's entry may set another."""
    chat_template_kwargs: dict[str, Any] = {}
    """What chat templates are told beside the conversation."""
    system_prompt: str | None = None
    """System turn in front of every prompt that a chat template makes."""
    add_bos: bool = False
    """BOS in front of every prompt that does not begin with it."""
    extends: str | None = None
    """An embedded suite whose settings this one has where it sets none, and whose domains it has beside its own."""
    domains: dict[str, list[Annotated[SuiteTask, BeforeValidator(_by_name)]]] = {}

    @field_validator("chat_template_kwargs")
    @classmethod
    def _for_a_template(cls, value: dict[str, Any]) -> dict[str, Any]:
        if mistake := template_settings_mistake(value):
            raise ValueError(mistake)
        return value

    @property
    def prompting(self) -> Prompting:
        """How prompts are made of the tasks' texts."""
        return Prompting.of(self.chat_template_kwargs, self.system_prompt, self.add_bos)

    @model_validator(mode="after")
    def _asks_something(self) -> Suite:
        if not self.domains and not self.extends:
            raise ValueError("a suite needs 'domains', or another suite that it 'extends'")
        return self

    @field_validator("margins", "domains")
    @classmethod
    def _domain_names(cls, value: dict[str, object]) -> dict[str, object]:
        for name in value:
            if mistake := domain_mistake(name):
                raise ValueError(mistake)
        return value

    @field_validator("domains")
    @classmethod
    def _some_tasks(cls, value: dict[str, list[SuiteTask]]) -> dict[str, list[SuiteTask]]:
        names = [task.task for tasks in value.values() for task in tasks]
        if not names:
            raise ValueError("a suite needs at least one task")
        if repeated := _repeated(names):
            raise ValueError(f"task '{repeated}' stands in it twice")
        return value


def tasks_folder() -> Path:
    """The folder of the embedded tasks: inside an installed package, beside it in a checkout."""
    installed = Path(str(files("forgetbench"))) / "tasks"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "tasks"


def suite_names() -> list[str]:
    return sorted(path.stem for path in (tasks_folder() / "suites").glob("*.yaml"))


def is_suite(path: Path) -> bool:
    """Whether a YAML file is a suite's: it has domains, or extends a suite. InputError when it cannot be read."""
    try:
        content = construct(compose(yaml_text(path)))
    except yaml.YAMLError:
        return False
    return isinstance(content, dict) and not content.keys().isdisjoint(("domains", "extends"))


def load_suite(name_or_file: str) -> tuple[Suite, Path]:
    """A suite by name or file, and the folder its own tasks may lie in. SuiteError when it cannot be had."""
    path = Path(name_or_file)
    if path.suffix not in (".yaml", ".yml"):
        path = tasks_folder() / "suites" / f"{name_or_file}.yaml"
        if not path.is_file():
            raise SuiteError(
                f"unknown suite '{name_or_file}'; {did_you_mean(name_or_file, suite_names())} (or give a .yaml file)"
            )
    elif not path.is_file():
        raise SuiteError(f"no such suite file: {path}")
    suite = read_yaml(path, Suite, SuiteError)
    return _extended(suite, path) if suite.extends else suite, path.parent


def _extended(suite: Suite, path: Path) -> Suite:
    """`suite` with what it does not set itself from the embedded suite that it extends, which extends no other."""
    if suite.extends not in (names := suite_names()):
        raise SuiteError(
            f"{path}: field 'extends': unknown suite '{suite.extends}'; {did_you_mean(str(suite.extends), names)}"
        )
    parent = read_yaml(tasks_folder() / "suites" / f"{suite.extends}.yaml", Suite, SuiteError)
    if parent.extends:
        raise SuiteError(f"{path}: field 'extends': '{suite.extends}' extends '{parent.extends}' itself; name that one")
    own = suite.model_dump(include=suite.model_fields_set, exclude={"extends"})
    together = {"domains": parent.domains | suite.domains, "margins": parent.margins | suite.margins}
    return Suite.model_validate(parent.model_dump(exclude={"version", "description"}) | own | together)


def with_token_limit(suite: Suite, max_gen_toks: int) -> Suite:
    """`suite` with one token limit of every generated answer, in place of all that it sets itself."""
    domains = {
        domain: [task.model_copy(update={"max_gen_toks": None}) for task in tasks]
        for domain, tasks in suite.domains.items()
    }
    return suite.model_copy(update={"domains": domains, "max_gen_toks": max_gen_toks})


def with_level(suite: Suite, level: str) -> Suite:
    """`suite` with one range of levels for all its tasks, in place of what they set, under a name that says so."""
    domains = {
        domain: [task.model_copy(update={"level": level}) for task in tasks] for domain, tasks in suite.domains.items()
    }
    return suite.model_copy(update={"domains": domains, "name": f"{suite.name}-level-{level}"})


def with_prompting(
    suite: Suite, chat_template_kwargs: Mapping[str, Any], system_prompt: str | None, add_bos: bool
) -> Suite:
    """`suite` with what is given here in place of its own, each template setting by itself."""
    changed = {
        "chat_template_kwargs": {**suite.chat_template_kwargs, **chat_template_kwargs},
        "system_prompt": suite.system_prompt if system_prompt is None else system_prompt,
        "add_bos": suite.add_bos or add_bos,
    }
    return suite.model_copy(update=changed)


def with_target(suite: Suite, file: Path) -> Suite:
    """`suite` and, in the domain `target`, the task that `file` holds. SuiteError when it has a task of that name."""
    task = SuiteTask.model_validate({"file": file.resolve()})
    if any(entry.task == task.task for entries in suite.domains.values() for entry in entries):
        raise SuiteError(f"{file}: the suite has a task '{task.task}' already; rename the file")
    domains = {**suite.domains, TARGET: [*suite.domains.get(TARGET, ()), task]}
    return suite.model_copy(update={"domains": domains})


def suite_of_tasks(names: list[str], domain: str | None) -> Suite:
    """An unnamed suite of tasks given on the command line.

    A task that the standard suite has is asked as it is asked there. `domain` is for tasks that do not declare one;
    without it they are the fine-tuning's target.
    """
    if domain is not None and (mistake := domain_mistake(domain)):
        raise SuiteError(mistake)
    if repeated := _repeated(names):
        raise SuiteError(f"task '{repeated}' is given twice")
    return _unnamed(dict.fromkeys(names, domain))


def suite_of_run(manifest: RunManifest) -> tuple[Suite, Path | None]:
    """The suite that a run was made with, and the folder its own tasks may lie in.

    SuiteError where it is neither embedded nor made of tasks that were given by name.
    """
    if manifest.suite == _UNNAMED:
        return _unnamed({info.name: info.domain for info in manifest.tasks}), None
    try:
        return load_suite(manifest.suite)
    except SuiteError as error:
        raise SuiteError(f"{error}; run {manifest.run_id} was made with it: give its file with --suite") from error


def _unnamed(homes: Mapping[str, str | None]) -> Suite:
    """The suite of these tasks, each in its domain; by default where the standard suite has it, else the target's."""
    standard, _ = load_suite(STANDARD)
    published = {entry.task: (home, entry) for home, entries in standard.domains.items() for entry in entries}
    domains: dict[str, list[SuiteTask]] = {}
    for name, domain in homes.items():
        home, entry = published.get(name, (TARGET, SuiteTask(task=name)))
        domains.setdefault(domain or home, []).append(entry)
    return Suite(name=_UNNAMED, domains=domains)


def _repeated(names: Sequence[str]) -> str | None:
    """The first name, in alphabetical order, that stands more than once."""
    return min((name for name in names if names.count(name) > 1), default=None)
