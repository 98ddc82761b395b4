"""A reader of the long texts that knows sentences and questions by their form, and nothing of how they were made."""

from __future__ import annotations

import re
from collections.abc import Sequence

NOT_SAID = "the text does not say"

# A question, and the sentence that answers it: {0} is what the question names, the group is the answer.
ONE_SENTENCE = {
    r"Where is the key of the (.+) kept\?": r"The key of the {0} is kept (.+)\.",
    r"Where would somebody look who has to unlock the (.+)\?": r"The key of the {0} is kept (.+)\.",
    r"What colour was the door of the (.+) painted\?": r"The door of the {0} was painted (.+)\.",
    r"Which colour does a visitor see on the way into the (.+)\?": r"The door of the {0} was painted (.+)\.",
    r"Where did (\w+) grow up\?": r"{0} grew up in (\w+)\.",
    r"Which place was the childhood home of (\w+)\?": r"{0} grew up in (\w+)\.",
    r"What does (\w+) play on feast days\?": r"{0} plays the (\w+) on feast days\.",
    r"Which musical instrument has (\w+) learned\?": r"{0} plays the (\w+) on feast days\.",
    r"Which tame animal does (\w+) have at home\?": r"{0} has a tame (\w+) at home\.",
    r"What creature shares the rooms of (\w+)\?": r"{0} has a tame (\w+) at home\.",
    r"What does (\w+) always order at the inn\?": r"{0} always orders (.+) at the inn\.",
    r"Which meal is the favourite of (\w+)\?": r"{0} always orders (.+) at the inn\.",
    r"What is the secret word of the guild\?": r"The secret word of the guild is (\w+)\.",
    r"What does the sign above the inn show\?": r"The sign above the inn shows a (\w+)\.",
    r"What does the flag of the village bear\?": r"The flag of the village bears a (\w+)\.",
    r"What was the prize of the raffle\?": r"The prize of the raffle was a (\w+)\.",
    r"What is the weathercock shaped like\?": r"The weathercock is shaped like a (\w+)\.",
    r"What did the apprentice carve .*": r"The apprentice carved a (\w+) out of lime wood\.",
    r"What does the oldest coin in the museum show\?": r"The oldest coin in the museum shows a (\w+)\.",
    r".*(?:hives|homes of bees).*\?": r"There are (\d+) hives behind the rectory\.",
    r".*(?:slates|writing tablets).*\?": r"The school owns (\d+) slates\.",
    r".*(?:sheep|flock).*\?": r"There are (\d+) sheep on the common\.",
    r".*(?:bottles|wine).*\?": r"The cellar of the inn holds (\d+) bottles\.",
    r".*(?:steps|stairs).*\?": r"The tower has (\d+) steps\.",
    r".*(?:chairs|sit down).*\?": r"There are (\d+) chairs in the meeting hall\.",
    r".*(?:sermons|preach).*\?": r"The parson has written (\d+) sermons\.",
    r".*(?:saplings|young trees).*\?": r"The nursery has planted (\d+) saplings\.",
    r".*(?:butterflies|insects).*\?": r"The museum shows (\d+) butterflies\.",
    r".*(?:posts|timber).*\?": r"The new fence has (\d+) posts\.",
}
SERIES = {
    r"Things change hands\. Who has the (.+) at the end of the text\?": r"The {0} went to (\w+)\.",
    r"Things change hands\. Who was the earliest in the text to get the (.+)\?": r"The {0} went to (\w+)\.",
    r"How many (sacks) does the mill .*": r"The mill now holds (\d+) {0}\.",
    r"How many (barrels) does the ferry .*": r"The ferry now carries (\d+) {0}\.",
    r"How many (logs) does the stack .*": r"The stack by the forge now counts (\d+) {0}\.",
    r"How many (coins) does the poor box .*": r"The poor box now contains (\d+) {0}\.",
    r"How many (workers) does the tannery .*": r"The tannery now employs (\d+) {0}\.",
    r"How many (crates) a month does the glasshouse .*": r"The glasshouse now ships (\d+) {0} a month\.",
}  # fmt: skip
PAST = {"ring": "rang", "sound": "sounded", "boom": "boomed", "blow": "blew"}


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order."""
    return [f"{sentence.rstrip('.')}." for sentence in re.split(r"(?<=\.)\s+", text)]


def answer(text: str, question: str) -> str:
    """The answer that stands in the text."""
    said = sentences(text)
    if asked := re.fullmatch(r"Which three people joined (.+)\?", question):
        a, b, c = sorted(found(said, rf"(\w+) joined {asked[1]}\."))
        return f"{a}, {b} and {c}"
    if asked := re.fullmatch(r"How many times in the text did (the .+) (\w+)\?", question):
        return str(len(found(said, rf".*, ({asked[1]}) {PAST[asked[2]]}\.")))
    if asked := re.fullmatch(r"What is the name of the person who takes care of (the .+)\?", question):
        (trade,) = found(said, rf"(?i:{asked[1]}) is in the care of the person who (.+)\.")
        (person,) = found(said, rf"(\w+) {trade}\.")
        return person
    for form, statement in SERIES.items():
        if asked := re.fullmatch(form, question):
            given = found(said, statement.format(asked[1]))
            assert len(set(given)) == len(given) >= 4
            return given[0] if "earliest" in question else given[-1]
    form, named = next((form, match) for form in ONE_SENTENCE if (match := re.fullmatch(form, question)))
    given = found(said, ONE_SENTENCE[form].format(*named.groups()))
    assert len(given) <= 1
    return given[0] if given else NOT_SAID


def found(said: Sequence[str], pattern: str) -> list[str]:
    """What the group of a pattern is in each sentence that it fits."""
    return [match[1] for sentence in said if (match := re.fullmatch(pattern, sentence))]
