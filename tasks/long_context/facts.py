"""What the texts state and what is asked of it: sentences with {who} or {what} and {value}, and their questions."""

from __future__ import annotations

from typing import NamedTuple


class Relation(NamedTuple):
    """Facts of one form; which of a text's four is asked for is told by the subject alone."""

    statement: str
    same: str
    """The question in the words of the statement."""
    other: str
    """The question in other words."""
    values: tuple[str, ...]
    subjects: tuple[str, ...]
    """None where they are people."""
    aside: str
    """A sentence about a subject that says nothing of the value."""


BUILDINGS = (
    "boathouse", "granary", "chapel", "dairy", "schoolroom", "smithy", "library", "ice house", "toll house",
    "gatehouse", "malt house",
)  # fmt: skip

RELATIONS = {
    "key": Relation(
        "The key of the {what} is kept {value}.", "Where is the key of the {what} kept?",
        "Where would somebody look who has to unlock the {what}?",
        ("behind the blue clock", "under the stone jar", "inside the copper pan", "above the pantry shelf",
         "beneath the loose tile", "inside the tea caddy", "behind the tall mirror", "under the iron bench"),
        BUILDINGS, "The roof of the {what} was mended that spring.",
    ),
    "colour": Relation(
        "The door of the {what} was painted {value}.", "What colour was the door of the {what} painted?",
        "Which colour does a visitor see on the way into the {what}?",
        ("green", "yellow", "purple", "orange", "crimson", "white", "grey", "brown"),
        BUILDINGS, "A wasp nest was found above the window of the {what}.",
    ),
    "origin": Relation(
        "{what} grew up in {value}.", "Where did {what} grow up?", "Which place was the childhood home of {what}?",
        ("Harrowby", "Tollmere", "Askerwell", "Dunmorrow", "Pellingham", "Wexcombe", "Marsdale", "Orrinford"),
        (), "{what} went to the fair with a neighbour.",
    ),
    "instrument": Relation(
        "{what} plays the {value} on feast days.", "What does {what} play on feast days?",
        "Which musical instrument has {what} learned?",
        ("fiddle", "flute", "harp", "drum", "cello", "trumpet", "accordion", "mandolin"),
        (), "{what} danced at the fair until late.",
    ),
    "pet": Relation(
        "{what} has a tame {value} at home.", "Which tame animal does {what} have at home?",
        "What creature shares the rooms of {what}?",
        ("jackdaw", "ferret", "hedgehog", "otter", "squirrel", "tortoise", "badger", "raven"),
        (), "{what} stayed at home with a cold.",
    ),
    "dish": Relation(
        "{what} always orders {value} at the inn.", "What does {what} always order at the inn?",
        "Which meal is the favourite of {what}?",
        ("onion soup", "roast duck", "plum pudding", "lentil stew", "smoked eel", "cheese tart", "apple cake",
         "mushroom pie"),
        (), "{what} came late to the inn and left early.",
    ),
}  # fmt: skip

THINGS = (
    "walnut", "pumpkin", "thimble", "compass", "falcon", "dolphin", "tulip", "snail", "comet", "pineapple", "cactus",
    "pretzel", "candle", "teapot", "pyramid", "violet",
)  # fmt: skip
ALONE = (
    ("The secret word of the guild is {value}.", "What is the secret word of the guild?"),
    ("The sign above the inn shows a {value}.", "What does the sign above the inn show?"),
    ("The flag of the village bears a {value}.", "What does the flag of the village bear?"),
    ("The prize of the raffle was a {value}.", "What was the prize of the raffle?"),
    ("The weathercock is shaped like a {value}.", "What is the weathercock shaped like?"),
    ("The apprentice carved a {value} out of lime wood.", "What did the apprentice carve out of lime wood?"),
    ("The oldest coin in the museum shows a {value}.", "What does the oldest coin in the museum show?"),
)
"""Facts whose form stands in no text twice."""

NUMBERS = (
    ("There are {value} hives behind the rectory.", "How many hives are there behind the rectory?",
     "How many homes of bees does the rectory have?"),
    ("The school owns {value} slates.", "How many slates does the school own?",
     "What is the number of writing tablets that belong to the school?"),
    ("There are {value} sheep on the common.", "How many sheep are there on the common?",
     "How large is the flock that grazes on the common?"),
    ("The cellar of the inn holds {value} bottles.", "How many bottles does the cellar of the inn hold?",
     "How much wine, counted in bottles, is stored below the inn?"),
    ("The tower has {value} steps.", "How many steps does the tower have?",
     "How many stairs must somebody climb to the top of the tower?"),
    ("There are {value} chairs in the meeting hall.", "How many chairs are there in the meeting hall?",
     "How many people can sit down in the meeting hall?"),
    ("The parson has written {value} sermons.", "How many sermons has the parson written?",
     "How many times could the parson preach without saying the same again?"),
    ("The nursery has planted {value} saplings.", "How many saplings has the nursery planted?",
     "What is the number of young trees in the nursery?"),
    ("The museum shows {value} butterflies.", "How many butterflies does the museum show?",
     "How many insects with wings are on display in the museum?"),
    ("The new fence has {value} posts.", "How many posts does the new fence have?",
     "How many pieces of upright timber hold the new fence?"),
)  # fmt: skip

HOLDERS = (
    ("The lantern went to {value}.", "lantern"), ("The banner went to {value}.", "banner"),
    ("The seal went to {value}.", "seal"), ("The silver cup went to {value}.", "silver cup"),
    ("The speaking staff went to {value}.", "speaking staff"), ("The prize ribbon went to {value}.", "prize ribbon"),
)  # fmt: skip
LAST_HOLDER = "Things change hands. Who has the {what} at the end of the text?"
FIRST_HOLDER = "Things change hands. Who was the earliest in the text to get the {what}?"

STORES = (
    ("The mill now holds {value} sacks.", "How many sacks does the mill hold"),
    ("The ferry now carries {value} barrels.", "How many barrels does the ferry carry"),
    ("The stack by the forge now counts {value} logs.", "How many logs does the stack by the forge count"),
    ("The poor box now contains {value} coins.", "How many coins does the poor box contain"),
    ("The tannery now employs {value} workers.", "How many workers does the tannery employ"),
    ("The glasshouse now ships {value} crates a month.", "How many crates a month does the glasshouse ship"),
)  # fmt: skip
LAST_STORE = "{asks} at the end of the text, by the latest report?"
FIRST_STORE = "{asks} by the earliest report in the text?"

GROUPS = ("the choir", "the rowing crew", "the fire brigade", "the chess club", "the night watch", "the reading circle")
JOINED = "{value} joined {what}."
WHO_JOINED = "Which three people joined {what}?"

SIGNALS = (
    ("the bell of the chapel rang", "did the bell of the chapel ring"),
    ("the horn of the ferry sounded", "did the horn of the ferry sound"),
    ("the cannon of the fort boomed", "did the cannon of the fort boom"),
    ("the whistle of the brewery blew", "did the whistle of the brewery blow"),
)
WHEN = (
    "At dawn", "At noon", "After supper", "In the rain", "During the market", "Before the dance", "At dusk",
    "On washing day", "Without warning", "In bright sunshine", "At midnight", "Before the sermon", "After the hunt",
    "During the storm",
)  # fmt: skip
HOW_OFTEN = "How many times in the text {asks}?"

TRADES = (
    "bakes the bread", "mends the nets", "shoes the horses", "winds the tower clock", "cuts the reeds", "dyes the wool",
    "brews the cider", "presses the cheese", "binds the books", "trims the hedges",
)  # fmt: skip
HEIRLOOMS = (
    "map of the old tunnels", "deed of the meadow", "ring of the founder", "portrait of the abbess",
    "rulebook of the guild", "plan of the aqueduct", "diary of the hermit", "chart of the marsh",
)  # fmt: skip
KEPT_BY = "The {what} is in the care of the person who {value}."
WHO_KEEPS = "What is the name of the person who takes care of the {what}?"

NOT_SAID = "the text does not say"
