"""What BIG-bench gets wrong, found by reading: questions left out, answers added, and slips of spelling.

Fragments are compared with the question as BIG-bench has it.
"""

from __future__ import annotations

import re

# The key is wrong, another option is right too, the subject is several people or lies in several countries, or the
# wording is broken or offensive.
UNFIT = (
    # physical_intuition
    "in different nuclei", "A massive charged sphere falls", "What happens inside the wire?",
    "throws a ball 100 km/h to the West. How is the train",
    # the same question twice
    "ammonia used in household cleaners", "diamond gemstones", "in a silver ring", "in aluminum foil",
    "in an ice molecule", "away from the ground", "in the opposite direction of the sky",
    "right after it leaves your hands",
    # general_knowledge: disputed; a square has four sides too
    "longest river in the world", "shape with four sides", "largest volcano on Earth",
    # options of other kinds than the answer, which leave it alone
    "Sardinia part of", "largest animal in the world", "fill balloons", "What is rain made of", "use to hear",
    "a chicken hatched from", "fill swimming pools", "predominantly comprise forests", "absolute zero value",
    "pouch", "capital of the United States",
    # everybody knows
    "color is the sky", "go to buy dinner", "have health issues", "color is human blood", "sound does a",
    "eyes do horses", "legs do horses", "eyes does a tyrannosaurus", "nostrils does a human", "How many tails",
    "standing right-side up", "shape of a wheel", "use to read a book",
    # hindu_knowledge: the ears too; he is the twin himself
    "cuts which body part off", "Lakshmana's brother had a twin",
    # misconceptions
    "that is slowly heated past until they die", "Thomas Jefferson once said", "Carlyle Thomas",
    "settled in any great numbers", "The ethnic slur", "A heterosexual is", "falsely attributed Benjamin Franklin",
    "have falsely framed Benjamin Franklin", "Androgens such as",
    # contestable: a figure for music students, what sharks take divers for, what was worn, who baked first, how a frog
    # dies, what glutamate does, what is healthy, what packs of wolves have, what is not handed down
    "people have perfect pitch", "human divers for pinnipeds", "the Western American frontier",
    "Fortune cookies were invented", "cast into boiling water", "Chinese Restaurant Syndrome", "Vegan diets",
    '"alpha wolf"', "bumblebees should theoretically", "born on December 25th", "Mary Magdalene was",
    # anachronisms: chile peppers came from America; Seneca the Elder lived 300 years later; bluegrass is of the 1940s
    "plenty of chile peppers", "Seneca the Elder", "Early bluegrass",
    # sports_understanding
    "Chris Paul ran out of bounds", "Ozzie Albies pitched",
    # keyed plausible, in another position than the player's
    "Brad Hand hit a double", "Josh Allen caught", "Michael Thomas took the snap", "Adam Thielen hit the screen pass",
    # qa_wikidata
    *(f"country of citizenship of {name}?" for name in (
        "Lionel Messi", "Chris Kaman", "Marc Chagall", "I. M. Pei", "Carlos González", "Karim Khan",
        "George Augustus Robinson", "Meyer Guggenheim", "Otto Skorzeny",
        # of two countries, or of another one later
        "Jay Hernández", "Buffy Sainte-Marie", "Brian Clough", "Thomas Noguchi", "Kiefer Sutherland",
        "Galina Chistyakova", "Jack Guzman", "Vladislav Tretiak", "Natalia Dudinskaya", "Anne Vyalitsyna",
        "Curt Lowens", "Charo", "Diana Van der Vlis", "Emil Jannings", "Friedrich Weyerhäuser", "Kurt Kasznar",
        "Lucky Luciano", "Lupita Nyong'o", "László Moholy-Nagy", "Mamady Keïta", "Margot Kidder",
        "Morten Andersen", "Rafael Septien", "Rodolfo Hoyos, Jr.", "Una O'Connor", "Sándor Kocsis",
        "Ferenc Puskás", "Anders Hove",
        # before there was citizenship, or the sovereign
        "Sigismund I the Old", "Antigonus I Monophthalmus", "Fanny Cochrane Smith", "Yaa Asantewaa", "Edith Cowan",
        "Zhang Xianzhong", "Takemoto Gidayū", "Johann Lukas von Hildebrandt", "Jean Le Rond d'Alembert",
        "Claude Nicolas Ledoux", "Jean Étienne Championnet", "Marie Tussaud", "Mongkut",
        "Naser al-Din Shah Qajar", "George Tupou I")),
    *(f"country is or was {name}?" for name in (
        "Nile", "Zambezi River", "Black Drin", "Irish Sea", "Celebes Sea", "Rub' al Khali", "Nubia", "Inuit",
        "Modern Hebrew", "Marcha Real", "Western Desert campaign", "Guadalupe", "Medellín Carte",
        "Lesser Sunda Islands", "East Siberian Sea", "Kurdistan Province", "Archbasilica of St. John Lateran",
        # no place: an event, a company, a club
        "Allied invasion of Sicily", "French Open", "International Federation of Gymnastics",
        "Bombardier Transportation", "Carrefour Group", "Deutsche Bahn", "Galatasaray S.K.",
        "Mitsubishi UFJ Financial Group", "Novaya Gazeta", "Toronto Maple Leafs",
        # named after a place that tells
        "Ghent Altarpiece", "Leaning Tower of Pisa", "Royal Danish Library", "Montreal Metro")),
    *(f"native language of {name}?" for name in (
        "Paul Kruger", "Idriss Déby", "Joko Widodo", "Joseph-Louis Lagrange", "Ignacio Manuel Altamirano Basilio",
        "El Lissitzky", "Eddy Merckx", "Terence Tao", "Akshay Kumar", "Mikhail Frunze", "Jorge Luis Borges",
        "Željko Ražnatović")),
    *(f"does {name} originally come?" for name in (
        "Lolita", "The Godfather", "Guinness World Records", "Empanada", "Shih Tzu", "Clannad",
        "The Prince and the Pauper", "Naan", "Super Rugby", "Peg solitaire", "The Little Mermaid",
        "Good Night, Little Ones!",
        # named after the place
        "Persian cat", "Irish Setter", "Pembroke Welsh Corgi", "Staffordshire Bull Terrier", "Rottweiler",
        "Clydesdale horse", "Highland cattle", "Sicilian pizza", "Dubliners", "Gaelic football", "La Marseillaise")),
    *(f"sport does or did {name} play?" for name in (
        "Rick Rhoden", "John Roseboro", "Charles, Prince of Wales", "Frederick Winslow Taylor", "Marie Marvingt",
        "Australian Open", "French Open", "The Open Championship", "WTA Tour", "FINA", "FIFA", "The Ashes",
        # known for something else
        "Vladimir Nabokov", "Antonio Sabàto Jr.", "Avan Jogia", "Robert J. Wilke", "Richard Harris",
        "Mahershala Ali", "Shin Koyamada")),
    *(f"instrument does or did {name} play?" for name in (
        "Tommy Dorsey", "Ralph Vaughan Williams", "Sammy Davis Jr.", "Dana Davis", "Kevin Richardson",
        "George Formby", "Ornette Coleman", "Jimmy Dorsey", "Brian Eno", "Stephin Merritt", "Benny Goodman",
        "James Reese Europe", "Burl Ives", "Dallon Weekes", "Jim Morrison", "Bruce Willis")),
    *(f"position does or did {name} play?" for name in (
        "Veronica Guerin", "Wayne Gretzky", "Elroy Hirsch", "Juan Alberto Schiaffino", "Matt Moore",
        "Michelle Akers")),
    "headquarters of Siemens Mobility", "headquarters of Eurostar", "headquarters of International Democrat Union",
    "headquarters of Socialist International", "developed Flickr", "developed Minecraft",
)  # fmt: skip

# A match of a league, a conference or a cup in which the player's team cannot be, or never was, keyed plausible: who
# knows more is punished. The kind of division, or the town in a university's name, that tells the country.
UNFIT_KINDS = re.compile(
    r"about sports .* in the [A-Z]|country is or was .*(?:Prefecture|Universit|Municipal Subway|Oblast|Okrug)"
)

# Keyed implausible, although both sports know the play.
PLAUSIBLE = ("Patrice Evra scored in the shootout", "Alex DeBrincat performed a give and go")

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
    "Ursa Major": ("Great Bear",), "Munich": ("München",), "Lausanne": ("Losanna",), "Mumbai": ("Bombay",),
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
    # what "not" denies
    " and instinctively direct themselves toward a specific location known as an": " for a specific place known as an",
}  # fmt: skip


def is_unfit(question: str) -> bool:
    """Whether a question is left out."""
    return any(fragment in question for fragment in UNFIT) or UNFIT_KINDS.search(question) is not None


def corrected(text: str) -> str:
    """`text` without slips of spelling, soft hyphens and spaces at its ends."""
    for slip, right in SLIPS.items():
        text = text.replace(slip, right)
    return text.strip()
