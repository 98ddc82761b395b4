"""Every output of a comparison that is full of hostile texts, and what must hold of each.

Each text stands as a name of a checkpoint, a task, a domain and an item, as a prompt, an answer and a warning.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries
from inspect_ai.log import list_eval_logs, read_eval_log
from lxml import etree
from markdown_it import MarkdownIt
from paired_runs import item, run, task

from forgetbench import console
from forgetbench.comparison.delta import compare
from forgetbench.gate import decide
from forgetbench.gate.formats import badge_json, junit_xml, print_gate, verdict_json, workflow_commands
from forgetbench.gate.formats.github import summary
from forgetbench.interop.exporters import ExportOptions, Source, export, latex
from forgetbench.interop.exporters.contents import measured, numbers
from forgetbench.interop.exporters.model_card import model_card
from forgetbench.leaderboard import build_leaderboard
from forgetbench.progress import show_progress
from forgetbench.records import Comparison, ItemScore, TaskInfo
from forgetbench.report import TrajectoryPoint, print_comparison, write_report, write_trajectory
from forgetbench.report.examples import select_examples
from forgetbench.report.short import short_report
from forgetbench.storage.comparisons import load_comparison, load_items, save_comparison
from forgetbench.storage.runs import Run

TAGS = set(
    "html head meta title style body header nav main section h1 h2 h3 h4 p dl dt dd table caption thead tbody tr th td "
    "div span b svg g defs path rect line polygon circle text tspan use clippath pattern figure figcaption details "
    "summary pre ul ol li a script article label input select option button".split()
)
SITE_TAGS = TAGS | set("link nav label select option input button output small code figcaption polyline script".split())
"""Of the leaderboard's pages."""
N_ITEMS = 6
COMMANDS = set(
    r"\begin \end \centering \caption \label \toprule \midrule \bottomrule \Delta \, \\ \_ \% \& \# \$ \{ \} "
    r"\textbackslash \textasciicircum \textasciitilde \textless \textgreater \textbar \textquotedblright \textemdash "
    r"\textasciigrave \dots".split()
)
"""Of the LaTeX tables."""


@dataclass(frozen=True, slots=True)
class Made:
    """A comparison of hostile texts and its items."""

    comparison: Comparison
    items: pd.DataFrame
    runs: tuple[Run, ...] = ()


def task_names(texts: Mapping[str, str]) -> dict[str, str]:
    """The name of the task that `made` makes of each text, and the text."""
    # No two rows may share a name, and no file holds half a surrogate pair.
    sound = {
        kind: text.encode(errors="replace").decode()[:900] if text.strip() else kind for kind, text in texts.items()
    }
    return {name: texts[kind] for kind, name in sound.items()}


def made(texts: Mapping[str, str]) -> Made:
    """Each text is a task's and a domain's name once, and of that task the items' prompts and answers.

    A name that holds nothing is its kind.
    """
    tasks: list[TaskInfo] = []
    base, tuned = [], []
    for name, text in task_names(texts).items():
        info = task(name, name, view="open")
        tasks.append(info)
        base += [_item(info, number, 1.0, text) for number in range(N_ITEMS)]
        tuned += [_item(info, number, float(number % 2), text) for number in range(N_ITEMS)]
    sides = run("base", tasks, base), run("tuned", tasks, tuned)
    return Made(*compare(*sides, margins={}), sides)


def _item(info: TaskInfo, number: int, score: float, text: str) -> ItemScore:
    words = {"prompt": text, "question": text, "gold": text, "responses": (text,), "stratum": text}
    return item(info, number, score, **words, cluster=f"{info.name}{number}", item_id=f"{info.name}{number}")


def named(made: Made, text: str) -> Comparison:
    """The comparison with a text wherever a sentence or a name of the whole may stand."""
    sound = text.encode(errors="replace").decode()[:900]
    sides = {
        "base": replace(made.comparison.base, name=f"base {sound}", where=sound, run_id=sound),
        "candidate": replace(made.comparison.candidate, name=sound, where=sound, fingerprint=f"{sound} tuned"),
    }
    return replace(
        made.comparison, **sides, suite=sound, engine={"name": sound, sound: [sound]}, warnings=(sound, sound)
    )


# --- the outputs ------------------------------------------------------------------------------


def terminal(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    stream = io.StringIO()
    shown = console.SafeConsole(file=stream, width=100)
    for text in texts.values():
        console.print_line(shown, f"written to {text}")
    print_comparison(shown, made.comparison)
    print_gate(shown, decide(made.comparison))
    for line in stream.getvalue().split("\n"):
        yield from steers(line)
        if line.lstrip().startswith("::") or re.search(r"##\w*\[|section_(start|end):", line):
            yield f"a CI server's command: {line[:80]!r}"


def progress(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    stream = io.StringIO()
    with show_progress(console.SafeConsole(file=stream, width=100, force_terminal=True, color_system=None)) as bar:
        for text in texts.values():
            bar.start(text, 10)
            bar.label(text)
            bar.advance(1)
    own = re.sub(r"\x1b\[(\?25[lh]|2K|\d*A|0m)|\r", "", stream.getvalue())
    yield from steers(own)


def markdown(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    yield from read_markdown((folder / "report.md").read_text(encoding="utf-8"))


def pull_request(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    text = short_report(made.comparison, select_examples(made.comparison, made.items))
    yield from read_markdown(
        re.sub(r"(?m)^</?details>(<summary>[\w ]+ \(\d+\)</summary>|<summary>[\w ]+</summary>)?$", "", text)
    )
    # Lines of their own: within a fenced block such a word is text.
    opened, closed = (re.findall(rf"(?m)^{tag}", text) for tag in ("<details><summary>", r"</details>$"))
    if len(text) > 60_000 or len(opened) != len(closed):
        yield f"{len(text)} characters, or a fold that is not closed"


def github_summary(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    result = decide(made.comparison)
    yield from read_markdown(summary(result, made.comparison))
    for line in workflow_commands(result):
        if "\n" in line or "\r" in line or not re.match(r"::(error|warning|notice) title=[^:,]*::", line):
            yield f"a command in a command: {line[:80]!r}"


def html(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    yield from read_html((folder / "report.html").read_text(encoding="utf-8"), links=())


def tables(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.csv"):
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.reader(stream))
        if len({len(row) for row in rows}) != 1:
            yield f"{path.name}: rows of different length"
        for cell in (cell for row in rows for cell in row):
            if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell):
                yield f"{path.name}: a formula: {cell[:60]!r}"
            yield from steers(cell)


def junit(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    result = decide(made.comparison)
    tree = etree.fromstring(junit_xml(result, made.comparison).encode(), etree.XMLParser(resolve_entities=False))
    if len(tree.findall("testsuite/testcase")) != len(result.decisions):
        yield "not a case per check"


def jsons(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    result = decide(made.comparison)
    contents = [badge_json(result, made.comparison).encode(), verdict_json(result, made.comparison).encode()]
    contents += [path.read_bytes() for path in folder.rglob("*.json")]
    for content in contents:
        json.loads(content.decode("utf-8"), parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
    if load_comparison(folder).tasks != made.comparison.tasks:
        yield "comparison.json is not read back as it was"


def parquet(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    read = load_items(folder)
    if read["prompt"].tolist() != made.items["prompt"].tolist() or len(read) != N_ITEMS * len(texts):
        yield "items.parquet is not read back as it was"


def plots(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    pictures = list(folder.rglob("plots/*"))
    if len(pictures) != 6:
        yield f"{len(pictures)} of 6 pictures"
    for path in pictures:
        if path.suffix == ".svg":
            tree = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, huge_tree=True))
            tags = {etree.QName(node).localname for node in tree.iter() if isinstance(node.tag, str)}
            if tags & {"script", "foreignObject", "a", "image"}:
                yield f"{path.name} holds {tags}"


def leaderboard(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    results, site = folder.parent / "results", folder.parent / "site"
    comparison = replace(made.comparison, comparison_id="hostile", seed=0)
    save_comparison(results / "comparisons" / "hostile", comparison, made.items)
    found = build_leaderboard(results, site)
    if found.skipped:
        yield found.skipped[0].reason
    for page in site.rglob("*.html"):
        up = os.path.relpath(site, page.parent)
        links = {os.path.relpath(path, page.parent) for path in site.rglob("*.*")}
        links |= {f"{up}/{path.relative_to(site)}" for path in site.rglob("*.*")}
        text = page.read_text(encoding="utf-8")
        yield from read_html(text, links, SITE_TAGS)
        if text.count("<script") != (3 if page == found.index else 0):
            yield f"{page.name}: scripts of others"
    etree.fromstring((site / "feed.xml").read_bytes(), etree.XMLParser(resolve_entities=False))
    json.loads((site / "leaderboard.json").read_bytes())
    yield from tables(made, texts, site)


def exports(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    source, out = Source(made.comparison, folder), folder.parent / "exports"
    export(source, "csv", ExportOptions(out / "rows.csv"))
    yield from tables(made, texts, out)
    yield from read_latex(latex.tables(made.comparison))
    card = ModelCard(model_card(made.comparison, ExportOptions()))
    yield from read_markdown(re.sub(r"(?m)^<!-- /?forgetbench[\w.-]* -->$", "", card.text))
    yield from steers(card.content.replace("\n", ""))
    export(source, "eval-results", ExportOptions(out / "eval_results.yaml", dataset="org/benchmark"))
    notes = (out / "eval_results.yaml").read_text()
    yield from steers(notes.replace("\n", ""))
    if len(parse_eval_result_entries(yaml.safe_load(notes))) != len(made.comparison.tasks):
        yield "not an entry per task"


def records(made: Made, texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    source, out = Source(made.comparison, folder), folder.parent / "records"
    export(source, "eee", ExportOptions(out / "eee"))
    export(source, "inspect", ExportOptions(out / "inspect"))
    if any(not re.fullmatch(r"[\w.-]+", path.name, re.ASCII) for path in out.rglob("*")):
        yield "a name of a file that is none of ours"
    for path in out.rglob("*_samples.jsonl"):
        samples = [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
        if [sample["input"]["raw"] for sample in samples] != made.items["prompt"].tolist():
            yield "prompts are not read back as they were"
    if len(list_eval_logs(str(out / "inspect"))) != 2 * len(texts):
        yield "not a log per side and task"
    for log in out.rglob("candidate/*.eval"):
        read = read_eval_log(str(log))
        if len(read.samples or ()) != N_ITEMS:
            yield f"{read.eval.task[:60]!r} is not read back"
    if any(not re.fullmatch(r"[/\w.-]+", key, re.ASCII) for key in numbers(measured(made.comparison))):
        yield "a key that no tracker of experiments takes"


OUTPUTS: tuple[Callable[[Made, Mapping[str, str], Path], Iterator[str]], ...] = (
    terminal, progress, markdown, pull_request, github_summary, html, tables, junit, jsons, parquet, plots, leaderboard,
    exports,
    records,
)  # fmt: skip


def write_files(made: Made, folder: Path) -> None:
    """Everything that a comparison leaves on the disk, a trajectory too."""
    save_comparison(folder, made.comparison, made.items)
    write_report(made.comparison, made.items, folder)
    domains = {row.name: row for row in made.comparison.domains}
    points = [TrajectoryPoint(step, made.comparison.candidate.name, domains) for step in (10, 20)]
    write_trajectory(points, None, folder / "trajectory")


# --- what must hold ---------------------------------------------------------------------------


def steers(text: str) -> Iterator[str]:
    found = re.findall(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", text
    )
    if found:
        yield f"steers a terminal: {found[0]!r} in {text[:60]!r}"


def read_latex(text: str) -> Iterator[str]:
    """As TeX tokenises it: our own commands alone, every cell in its column, all braces closed."""
    yield from steers(text.replace("\n", ""))
    if unknown := set(re.findall(r"\\(?:[A-Za-z]+|.)", re.sub(r"(?m)^%.*$", "", text))) - COMMANDS:
        yield f"commands: {sorted(unknown)}"
    plain = re.sub(r"\\.", "", text)
    if plain.count("{") != plain.count("}") or plain.count("$") % 2:
        yield "braces or dollars that are not closed"
    for line in re.findall(r"(?m)^(.*?) \\\\$", text):
        if len(re.findall(r"(?<!\\)&", line)) != 7 or line.startswith(("[", "*")):
            yield f"no row of eight cells: {line[:60]!r}"
    if re.search(r"(?<!\\)[%#^~]", re.sub(r"(?m)^%.*$", "", text)):
        yield "a character that TeX takes for its own"


def read_markdown(text: str) -> Iterator[str]:
    """As CommonMark with GitHub's tables reads it: no HTML, no link, no picture but the plots."""
    yield from steers(text.replace("\n", ""))
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        if token.type == "html_block":
            yield f"HTML: {token.content[:60]!r}"
        for child in token.children or ():
            if child.type in ("html_inline", "link_open"):
                yield f"{child.type}: {child.content or child.attrs}"
            if child.type == "image" and not str(child.attrs["src"]).startswith("plots/"):
                yield f"a picture of {child.attrs['src']}"


class _Page(HTMLParser):
    """Elements with their attributes, and the scripts and style sheets, which an HTML parser reads to their end tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if self.runs:
            self.sources.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.runs and self.cdata_elem:
            self.sources[-1] += data

    @property
    def runs(self) -> bool:
        """The element that began last is a style sheet, or a script and no data block."""
        tag, attributes = self.elements[-1]
        return tag == "style" or (tag == "script" and attributes.get("type") in (None, "", "module", "text/javascript"))


def read_html(text: str, links: Collection[str], tags: Collection[str] = TAGS) -> Iterator[str]:
    """Our own elements alone, no handler, no address but `links` and places of the page, the policy in the head.

    A script runs only where the policy names its hash, and a style sheet counts where it does, or where any does.
    """
    yield from steers(text.replace("\n", ""))
    page = _Page(text)
    policy = str(page.elements[:4])
    if "Content-Security-Policy" not in policy or "default-src 'none'" not in policy:
        yield "no Content-Security-Policy"
    if re.search("script-src[^;]*unsafe", policy):
        yield "a policy that lets scripts in"
    for source in page.sources:
        digest = b64encode(sha256(source.encode()).digest()).decode()
        if (
            source
            and f"'sha256-{digest}'" not in policy
            and not (source == page.sources[0] and "'unsafe-inline'" in policy)
        ):
            yield f"no policy names {source[:60]!r}"
    for tag, attributes in page.elements:
        if tag not in tags or any(name.startswith("on") or name == "style" for name in attributes):
            yield f"<{tag} {attributes}>"
        for name in ("href", "src", "action", "formaction", "xlink:href"):
            address = attributes.get(name)
            if address is not None and address not in links and not re.fullmatch(r"#[\w-]+", address):
                yield f"{name}={address[:60]}"
    if sum(tag == "meta" for tag, _ in page.elements) != 5:
        yield f"{sum(tag == 'meta' for tag, _ in page.elements)} meta elements"
