"""Countries, elements, books, people and places that do not exist, and their likes that do.

Invented names were made of plausible syllables; a test compares them with the names of the knowledge questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Pair(NamedTuple):
    """A question that has no answer, and one of the same shape that has."""

    kind: str
    level: int
    """1 (a child sees it) to 3 (only some people do)."""
    unanswerable: str
    answerable: str
    answers: tuple[str, ...]
    rivals: tuple[str, ...] = ()
    """Wrong answers that a reply may name, those that the question names among them."""


# Question; level; invented name, real name, its answers.
SETS = (
    ("What is the capital of {}?", 1, (
        ("Velandria", "Norway", "Oslo"),
        ("Ostrovia Minor", "Egypt", "Cairo"),
        ("Quembara", "Canada", "Ottawa"),
        ("Tarsenia", "Bhutan", "Thimphu|Thimpu"),
        ("Lumbadesh", "Suriname", "Paramaribo"),
        ("the Republic of Kolvania", "the Republic of Moldova", "Chisinau|Chișinău|Kishinev"),
        ("the Sultanate of Ozmir", "the Sultanate of Oman", "Muscat"),
        ("the Kingdom of Brevalia", "the Kingdom of Eswatini", "Mbabane|Lobamba"),
    )),
    ("What is the currency of {}?", 2, (
        ("Norlandia East", "Japan", "yen|Japanese yen"),
        ("Mandrosia", "India", "rupee|Indian rupee|rupees"),
        ("Zentravia", "Poland", "zloty|złoty|zlotys"),
        ("Pelugonia", "Thailand", "baht|Thai baht"),
        ("Orvastan", "Mongolia", "tugrik|tögrög|togrog|tughrik"),
    )),
    ("What is the chemical symbol of the element {}?", 2, (
        ("vorpalium", "sodium", "Na"),
        ("drennium", "iron", "Fe"),
        ("melastrium", "silver", "Ag"),
        ("helvonium", "mercury", "Hg"),
        ("quandrium", "tungsten", "W"),
        ("oxelium", "antimony", "Sb"),
    )),
    ("Who wrote the novel '{}'?", 3, (
        ("The Lanterns of Quoril", "Frankenstein", "Mary Shelley|Shelley"),
        ("A Winter Among Glaziers", "Don Quixote", "Miguel de Cervantes|Cervantes"),
        ("The Tin Orchard of Mews Hollow", "Moby-Dick", "Herman Melville|Melville"),
        ("Seven Letters to a Drowned Baker", "Crime and Punishment", "Fyodor Dostoevsky|Dostoevsky|Dostoyevsky"),
        ("The Ferryman of Ostrelle", "The Old Man and the Sea", "Ernest Hemingway|Hemingway"),
        ("Mrs Pellworthy's Ninth Umbrella", "Middlemarch", "George Eliot|Mary Ann Evans|Eliot"),
        ("The Salt Clockmaker", "Dracula", "Bram Stoker|Stoker"),
    )),
    ("What is the physicist {} best known for discovering?", 3, (
        ("Ondrel Vashkim", "Wilhelm Röntgen", "X-rays|X-ray|X rays|X ray|Röntgen rays"),
        ("Tibald Oorsmeer", "James Chadwick", "neutron|the neutron|neutrons"),
        ("Quenna Lisbrodt", "J. J. Thomson", "electron|the electron|electrons"),
    )),
    ("In which country was the composer {} born?", 3, (
        ("Havrik Pellanose", "Frédéric Chopin", "Poland|Duchy of Warsaw"),
        ("Ulmo Trastevenna", "Antonio Vivaldi", "Italy|Republic of Venice|Venice"),
        ("Jorin Aldestrup", "Edvard Grieg", "Norway"),
        ("Isolda Querenbach", "Jean Sibelius", "Finland|Grand Duchy of Finland|Russia"),
    )),
    ("Into which sea does the river {} flow?", 3, (
        ("Ombrezza", "Danube", "Black Sea"),
        ("Tellewarne", "Volga", "Caspian Sea|Caspian"),
        ("Griskel", "Po", "Adriatic Sea|Adriatic"),
    )),
    ("In which year was the Battle of {}?", 3, (
        ("Brakmoor Ness", "Hastings", "1066"),
        ("Untervolden", "Waterloo", "1815"),
        ("Ash Kerrim", "Trafalgar", "1805"),
        ("Pimsted Weir", "Gettysburg", "1863"),
        ("Dorvelles", "Agincourt", "1415"),
    )),
    ("In which country is the city of {}?", 2, (
        ("Zarnopol Gate", "Nairobi", "Kenya"),
        ("Quillamar", "Osaka", "Japan"),
        ("Eskenhold", "Marseille", "France"),
        ("Bintaraku", "Medellín", "Colombia"),
        ("Olvestad", "Gdansk", "Poland"),
    )),
    ("On which continent does the animal called the {} live in the wild?", 2, (
        ("mottled grumpalo", "giraffe", "Africa"),
        ("lesser quibbat", "red kangaroo", "Australia|Oceania"),
        ("ridge-backed sollop", "emperor penguin", "Antarctica|Antarctic"),
    )),
    ("Which shape is the {} theorem about?", 3, (
        ("Stavrin-Oll", "Pythagorean", "triangle|right triangle|right triangles|triangles"),
    )),
    ("What is the Greek name of the god whom the ancient Romans called {}?", 3, (
        ("Tolumnor", "Jupiter", "Zeus"),
        ("Vesparion", "Neptune", "Poseidon"),
    )),
)  # fmt: skip


def invented() -> Iterator[Pair]:
    """All pairs of an invented thing and a real one."""
    for question, level, names in SETS:
        for made_up, real, answers in names:
            yield Pair("invented", level, question.format(made_up), question.format(real), tuple(answers.split("|")))
