"""What is asked of qa_wikidata, the slice of BIG-bench that is cut out of Wikidata."""

from __future__ import annotations

# Relations of Wikidata whose values are lasting and few: question, and how many are taken.
RELATIONS = {
    "country of citizenship": ("What is the country of citizenship of {}?", 120),
    "country": ("In which country is or was {}?", 110),
    "native language": ("What is the native language of {}?", 80),
    "sport played by": ("Which sport does or did {} play?", 80),
    "instrument": ("Which instrument does or did {} play?", 60),
    "team position": ("In which team position does or did {} play?", 40),
    "original country": ("From which country does {} originally come?", 80),
    "headquarters location": ("In which city are the headquarters of {}?", 50),
    "voice type": ("What is the voice type of {}?", 25),
    "developer": ("Which company or person developed {}?", 25),
}
NOT_VALUES = {
    "Europe", "voice", "singing", "world", "athletics", "Czechoslovakia", "Yugoslavia", "Soviet Union", "vocalist",
}  # fmt: skip
# Names of one state or of its parts: never options against each other, and the first accepts the others.
STATES = (
    ("United Kingdom", "England", "Scotland", "Wales", "Britain", "Great Britain", "UK", "Ireland", "Northern Ireland"),
    ("United States of America", "United States", "USA", "U.S.", "America"),
    ("Netherlands", "Holland", "Kingdom of the Netherlands"),
    ("China", "Taiwan", "Republic of China", "People's Republic of China", "Hong Kong"),
    ("Russia", "Soviet Union", "Russian Empire"),
)  # fmt: skip
FIRST_NAMES = {group[0] for group in STATES} - {"China", "Russia"}
