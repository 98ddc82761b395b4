"""The capitals of the fifty states of the USA, with how well known the state is; by hand, checked by `english.py`."""

_HEAD, _TORSO, _TAIL = "head", "torso", "tail"  # from 10 million inhabitants (2020), from 4 million, below

CAPITALS = {
    "AL": ("Montgomery", _TORSO), "AK": ("Juneau", _TAIL), "AZ": ("Phoenix", _TORSO), "AR": ("Little Rock", _TAIL),
    "CA": ("Sacramento", _HEAD), "CO": ("Denver", _TORSO), "CT": ("Hartford", _TAIL), "DE": ("Dover", _TAIL),
    "FL": ("Tallahassee", _HEAD), "GA": ("Atlanta", _HEAD), "HI": ("Honolulu", _TAIL), "ID": ("Boise", _TAIL),
    "IL": ("Springfield", _HEAD), "IN": ("Indianapolis", _TORSO), "IA": ("Des Moines", _TAIL),
    "KS": ("Topeka", _TAIL), "KY": ("Frankfort", _TORSO), "LA": ("Baton Rouge", _TORSO), "ME": ("Augusta", _TAIL),
    "MD": ("Annapolis", _TORSO), "MA": ("Boston", _TORSO), "MI": ("Lansing", _HEAD), "MN": ("Saint Paul", _TORSO),
    "MS": ("Jackson", _TAIL), "MO": ("Jefferson City", _TORSO), "MT": ("Helena", _TAIL), "NE": ("Lincoln", _TAIL),
    "NV": ("Carson City", _TAIL), "NH": ("Concord", _TAIL), "NJ": ("Trenton", _TORSO), "NM": ("Santa Fe", _TAIL),
    "NY": ("Albany", _HEAD), "NC": ("Raleigh", _HEAD), "ND": ("Bismarck", _TAIL), "OH": ("Columbus", _HEAD),
    "OK": ("Oklahoma City", _TAIL), "OR": ("Salem", _TORSO), "PA": ("Harrisburg", _HEAD), "RI": ("Providence", _TAIL),
    "SC": ("Columbia", _TORSO), "SD": ("Pierre", _TAIL), "TN": ("Nashville", _TORSO), "TX": ("Austin", _HEAD),
    "UT": ("Salt Lake City", _TAIL), "VT": ("Montpelier", _TAIL), "VA": ("Richmond", _TORSO), "WA": ("Olympia", _TORSO),
    "WV": ("Charleston", _TAIL), "WI": ("Madison", _TORSO), "WY": ("Cheyenne", _TAIL),
}  # fmt: skip

CAPITAL_SPELLINGS = {"MN": ("St. Paul",)}

# Parts of a city, and built-up areas that are no city.
UNCLEAR_STATE_CITIES = {"Brooklyn", "Manhattan", "Queens", "The Bronx", "Staten Island", "Paradise", "Sunrise Manor",
                        "Astoria", "Borough Park", "Jamaica", "Upper West Side", "Metairie", "Tri-Cities"}  # fmt: skip
