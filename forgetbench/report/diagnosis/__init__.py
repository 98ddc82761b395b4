"""A diagnosis in words: for the terminal, as a page of Markdown, and as a section of the HTML report.

words.py      what is said of each cause and each cure
sentences.py  a diagnosis as paragraphs;  measures.py: their numbers
asked.py      what the models told when they were asked again;  elicited.py: what that brought back
pages.py      those paragraphs on a console and as Markdown
"""

from __future__ import annotations

from forgetbench.report.diagnosis.pages import diagnosis_markdown, print_diagnosis
from forgetbench.report.diagnosis.sentences import Paragraph, paragraphs
from forgetbench.report.diagnosis.words import DRIFT_SHOWN

__all__ = ["DRIFT_SHOWN", "Paragraph", "diagnosis_markdown", "paragraphs", "print_diagnosis"]
