"""What stands in the slots of the requests: words as a user says them, and the value that the schema asks for.

Today is Wednesday, 12 March 2025 in every conversation.
"""

from __future__ import annotations

from typing import Any

TODAY = "Wednesday, 12 March 2025"


def same(*values: Any) -> list[tuple[str, Any]]:
    return [(str(value), value) for value in values]


COUNTS = [("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("seven", 7), ("eight", 8)]
PEOPLE = same(
    "Anna", "Ben", "Clara", "David", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kofi", "Lena", "Mira"
)
CITIES = same("Oslo", "Lyon", "Porto", "Graz", "Turin", "Ghent", "Malmö", "Leeds", "Bern", "Kyoto", "Quito", "Perth")
ROOMS = same("kitchen", "bathroom", "bedroom", "hallway", "study", "living room", "dining room", "guest room")
SONGS = same(
    "Paper Boats", "Northern Rain", "Half a Moon", "Copper Sky", "Slow Train Home", "The Last Ferry", "Lanterns"
)
FOODS = same("rice", "spinach", "tofu", "pasta", "couscous", "broccoli", "garlic", "cabbage", "fennel", "celery")
PLACES = same("library", "town hall", "harbour", "main station", "museum", "zoo", "stadium", "hospital", "castle")
TAGS = same("garden", "school", "ideas", "family", "travel", "work", "cooking", "sport")
PRODUCTS = same("Lumo X2", "Tavo 40", "Brisk Mini", "Otera Pro", "Velt 7", "Kanto Duo", "Miro S")

POOLS: dict[str, list[tuple[str, Any]]] = {
    "person": PEOPLE, "person2": PEOPLE, "person3": PEOPLE,
    "city": CITIES, "city2": CITIES,
    "room": ROOMS, "room2": ROOMS, "room3": ROOMS,
    "song": SONGS, "song2": SONGS,
    "food": FOODS, "food2": FOODS, "food3": FOODS,
    "place": PLACES, "place2": PLACES,
    "tag": TAGS, "tag2": TAGS,
    "product": PRODUCTS, "product2": PRODUCTS,
    "count": COUNTS, "count2": COUNTS,
    "artist": same("Mara Lund", "The Kestrels", "Otto Brandt", "Blue Harbour", "Nora Okoye"),
    "playlist": same("Monday Morning", "Long Drive", "Rainy Days", "Kitchen Dance", "Quiet Evening"),
    "event": same("dentist", "team lunch", "piano lesson", "book club", "haircut", "parents' evening", "swimming"),
    "task": same("water the plants", "pay the rent", "call the plumber", "renew the passport", "clean the windows"),
    "note": same("Roof repair", "Gift ideas", "Camping list", "Wifi at the cabin", "Books to read"),
    "label": same("pasta", "laundry", "tea", "bread", "eggs", "nap"),
    "word": same("serendipity", "gauntlet", "murmur", "quaint", "ledger", "thimble"),
    "restaurant": same("Casa Lima", "The Blue Door", "Zum Anker", "Olive Tree", "Mirabelle"),
    "message": same("I'll be ten minutes late.", "The keys are under the mat.", "Dinner is at eight.",
                    "The meeting room has changed.", "Please bring the blue folder.", "I am on holiday."),
    "subject": same("Summer party", "New printer", "Holiday plans", "Budget draft"),
    "phrase": same("Good morning", "Where is the station?", "Thank you very much", "See you tomorrow", "I am hungry"),
    "misspelt": same("I recieved the parcel", "We need a seperate room", "It is definately late", "A wierd noise"),
    "topic": same("invoice", "holiday", "contract", "party"),
    "item": same("kettle", "raincoat", "headphones", "backpack"),
    "street": same("Mill Lane 4", "Park Road 17", "Church Street 52", "Elm Avenue 9"),
    "order": same("K-20417", "B-77310", "C-45088", "D-91126", "E-30359"),
    "oven": same(150, 160, 170, 180, 190, 200, 210, 220),
    "dish": same("bread", "lasagne", "cake", "pie", "pizza", "potatoes"),
    "percent": same(15, 25, 35, 40, 55, 60, 70, 80),
    "minutes": same(4, 7, 12, 18, 20, 35),
    "days": same(2, 3, 4, 5, 6, 7),
    "degrees": same(17, 18, 19, 20, 21, 22),
    "amount": same(15, 40, 75, 120, 260, 900),
    "color": same("white", "red", "green", "blue"),
    "priority": same("low", "high"),
    "language": same("French", "German", "Spanish", "Italian", "Polish", "Japanese"),
    "cuisine": [(name.capitalize(), name) for name in ("italian", "indian", "greek", "thai", "mexican")],
    "variety": [("British", "british"), ("American", "american")],
    "mode": [("by bike", "bike"), ("on foot", "walk"), ("by car", "car"), ("by bus", "bus")],
    "diet": [("vegan", "vegan"), ("vegetarian", "vegetarian"), ("free of gluten", "gluten_free")],
    "reason": [("it arrived damaged", "damaged"), ("it is the wrong size", "wrong_size"),
               ("I don't need it after all", "not_needed")],
    "regret": [("I changed my mind", "changed_mind"), ("I ordered it by mistake", "ordered_by_mistake"),
               ("it would come too late", "too_late")],
    "vigour": [("quietly", "quiet"), ("at full strength", "strong")],
    "detour": [("tolls or ferries", ["tolls", "ferries"]), ("motorways or tolls", ["motorways", "tolls"]),
               ("ferries or motorways", ["ferries", "motorways"])],
    "money": [("euros", "EUR"), ("dollars", "USD"), ("yen", "JPY")],
    "class": [("first", "first"), ("second", "second")],
    # Formats that the schema names.
    "date": [("3 May 2025", "2025-05-03"), ("the 17th of April 2025", "2025-04-17"), ("May 21, 2025", "2025-05-21"),
             ("9 April 2025", "2025-04-09"), ("the 1st of May 2025", "2025-05-01"), ("April 28, 2025", "2025-04-28")],
    "past": [("3 March 2025", "2025-03-03"), ("the 17th of February 2025", "2025-02-17"),
             ("February 21, 2025", "2025-02-21"), ("9 January 2025", "2025-01-09"),
             ("the 1st of March 2025", "2025-03-01"), ("January 28, 2025", "2025-01-28")],
    "date2": [("12 June 2025", "2025-06-12"), ("the 5th of July 2025", "2025-07-05"), ("June 24, 2025", "2025-06-24"),
              ("30 July 2025", "2025-07-30")],
    "day": [("tomorrow", "2025-03-13"), ("this Friday", "2025-03-14"), ("the day after tomorrow", "2025-03-14"),
            ("this Sunday", "2025-03-16"), ("a week from today", "2025-03-19")],
    "time": [("7 in the evening", "19:00"), ("half past eight in the morning", "08:30"), ("3:15 pm", "15:15"),
             ("a quarter to six in the evening", "17:45"), ("noon", "12:00"), ("9:40 am", "09:40")],
    "duration": [("an hour and a half", 90), ("three quarters of an hour", 45), ("two hours", 120),
                 ("half an hour", 30), ("an hour and ten minutes", 70)],
    "length": [("half a mile", 0.5), ("two and a half miles", 2.5), ("a quarter of a mile", 0.25), ("nine miles", 9)],
    "warmth": [("twenty and a half", 20.5), ("eighteen and a half", 18.5), ("twenty-two and a half", 22.5)],
    "phone": [("0555 12 34 56", "0555123456"), ("(0555) 901-277", "0555901277"), ("0555/443 218", "0555443218")],
    "weekdays": [("on Mondays and Fridays", ["Monday", "Friday"]), ("on Saturdays and Sundays", ["Saturday", "Sunday"]),
                 ("from Tuesday to Thursday", ["Tuesday", "Wednesday", "Thursday"])],
}  # fmt: skip
"""Slot -> what can stand there. Slots that begin alike ("city", "city2") hold different words in one conversation."""
