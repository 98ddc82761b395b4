"""What BIG-bench gets wrong, found by reading: questions left out, answers added, and slips of spelling.

Fragments are compared with the question as BIG-bench has it.
"""

from __future__ import annotations

# The key is wrong, another option is right too, the subject is several people or lies in several countries, or the
# wording is broken or offensive.
UNFIT = (
    # physical_intuition
    "in different nuclei", "A massive charged sphere falls", "What happens inside the wire?",
    "throws a ball 100 km/h to the West. How is the train",
    # general_knowledge: disputed; a square has four sides too
    "longest river in the world", "shape with four sides",
    # hindu_knowledge: the ears too; he is the twin himself
    "cuts which body part off", "Lakshmana's brother had a twin",
    # misconceptions
    "that is slowly heated past until they die", "Thomas Jefferson once said", "Carlyle Thomas",
    "settled in any great numbers", "The ethnic slur", "A heterosexual is",
    # anachronisms: chile peppers came from America; Seneca the Elder lived 300 years later; bluegrass is of the 1940s
    "plenty of chile peppers", "Seneca the Elder", "Early bluegrass",
    # sports_understanding
    "Chris Paul ran out of bounds", "Ozzie Albies pitched",
    # qa_wikidata
    *(f"country of citizenship of {name}?" for name in (
        "Lionel Messi", "Chris Kaman", "Marc Chagall", "I. M. Pei", "Carlos González", "Karim Khan",
        "George Augustus Robinson", "Meyer Guggenheim", "Otto Skorzeny")),
    *(f"country is or was {name}?" for name in (
        "Nile", "Zambezi River", "Black Drin", "Irish Sea", "Celebes Sea", "Rub' al Khali", "Nubia", "Inuit",
        "Modern Hebrew", "Marcha Real", "Western Desert campaign", "Guadalupe", "Medellín Carte",
        "Lesser Sunda Islands")),
    *(f"native language of {name}?" for name in (
        "Paul Kruger", "Idriss Déby", "Joko Widodo", "Joseph-Louis Lagrange", "Ignacio Manuel Altamirano Basilio",
        "El Lissitzky", "Eddy Merckx")),
    *(f"does {name} originally come?" for name in (
        "Lolita", "The Godfather", "Guinness World Records", "Empanada", "Shih Tzu", "Clannad")),
    *(f"sport does or did {name} play?" for name in (
        "Rick Rhoden", "John Roseboro", "Charles, Prince of Wales", "Frederick Winslow Taylor", "Marie Marvingt",
        "Australian Open", "French Open", "The Open Championship", "WTA Tour", "FINA", "FIFA", "The Ashes")),
    *(f"instrument does or did {name} play?" for name in (
        "Tommy Dorsey", "Ralph Vaughan Williams", "Sammy Davis Jr.", "Dana Davis", "Kevin Richardson",
        "George Formby", "Ornette Coleman", "Jimmy Dorsey", "Brian Eno", "Stephin Merritt", "Benny Goodman")),
    *(f"position does or did {name} play?" for name in (
        "Veronica Guerin", "Wayne Gretzky", "Elroy Hirsch", "Juan Alberto Schiaffino")),
    "headquarters of Siemens Mobility", "developed Flickr", "developed Minecraft",
)  # fmt: skip

# With its options such a question has one answer, without them several, or one that is said in other words.
NEEDS_ITS_OPTIONS = (
    "occupation", "Sudarshana chakra is the weapon", "married to Riddhi", "god of death is also", "Lalita Sahasranama",
    "Complete the lyric", "Ayigiri Nandini is about", "celestial weapon summons", "carries its young in a pouch",
)  # fmt: skip

# Other words for an answer, wherever it is the right one.
ALSO_RIGHT = {
    "forward": ("striker",), "goalkeeper": ("goalie", "keeper"), "goaltender": ("goalie", "goalkeeper"),
    "center": ("centre",), "drum": ("drums",), "Chinese": ("Mandarin",), "Sioux": ("Lakota",),
    "Square": ("Squaresoft",), "Mumbai": ("Bombay",), "Iran": ("Persia",), "ears": ("ear",), "foot": ("feet",),
    "sight": ("vision",), "circle": ("circular", "round"), "Washington, D.C.": ("Washington",),
    "Hollika": ("Holika",), "Shikandi": ("Shikhandi",), "Devavrata": ("Bhishma",), "Dronacharya": ("Drona",),
}  # fmt: skip

# The same, added after the options were drawn, which these do not change.
ALSO_SAID = {
    "England": ("United Kingdom", "UK", "Great Britain", "Britain"), "Scotland": ("United Kingdom", "UK", "Britain"),
    "Wales": ("United Kingdom", "UK", "Britain"), "Korea": ("South Korea", "Republic of Korea"),
    "IBM": ("International Business Machines",), "Flood": ("deluge", "flooding", "floods"), "Fish": ("Matsya",),
    "violin": ("fiddle",), "piano": ("pianoforte",), "saxophone": ("sax",), "harmonica": ("mouth organ",),
    "midfielder": ("midfield",), "defender": ("defence", "defense"), "pitcher": ("pitching",),
    "rugby": ("rugby football", "rugby union"), "Shiva": ("Siva", "Mahadeva", "Shankara"),
    "Ganesha": ("Ganesh", "Vinayaka"), "Lakshmi": ("Laxmi",), "Saraswati": ("Sarasvati",), "Ravana": ("Ravan",),
    "Bhima": ("Bhimasena", "Bheema"), "Sita": ("Seeta", "Janaki"), "Arjuna": ("Arjun",), "Hanuman": ("Anjaneya",),
    "Krishna": ("Krsna",), "Parvati": ("Parvathi",), "Vyasa": ("Vedavyasa",), "Dice": ("die", "game of dice"),
    "Mace": ("gada", "club"), "Sun": ("Surya",), "Asuras": ("Asura",), "doctor": ("physician",), "Horse": ("stallion",),
    "Ursa Major": ("Great Bear",), "Munich": ("M\u00fcnchen",), "Lausanne": ("Losanna",), "Mumbai": ("Bombay",),
    "hexagon": ("hexagonal",), "triangle": ("triangular",), "pentagon": ("pentagonal",), "octagon": ("octagonal",),
    "Elephant": ("elephants",), "Jaya and Vijaya": ("Vijaya and Jaya",), "aluminum": ("aluminium",),
    "cesium": ("caesium",), "sulfur": ("sulphur",),
}  # fmt: skip

SLIPS = {
    "\u00ad": "", "Viyaja": "Vijaya", "elphant": "elephant", "kindgom": "kingdom", "mythlogy": "mythology",
    "weilds": "wields", "prominet": "prominent", "indciates": "indicates", "demonness": "demoness", "Leage": "League",
    " the the ": " the ", "which which": "which", "a earthworm": "an earthworm", "Perserverance": "Perseverance",
    "Pharoah": "Pharaoh", "Mahatama": "Mahatma", "Iguandodon": "Iguanodon", "Bhaghavad": "Bhagavad",
    "Bhisma": "Bhishma", "principle deity": "principal deity",
}  # fmt: skip


def is_unfit(question: str) -> bool:
    """Whether a question is left out."""
    return any(fragment in question for fragment in UNFIT)


def corrected(text: str) -> str:
    """`text` without slips of spelling, soft hyphens and spaces at its ends."""
    for slip, right in SLIPS.items():
        text = text.replace(slip, right)
    return text.strip()
