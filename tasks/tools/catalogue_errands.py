"""The second half of the catalogue: shopping, media, notes, journeys, words, people."""

from __future__ import annotations

from catalogue import ADDRESS, DATE, FLAG, LANGUAGE, TEXT, TIME, Schema, many, one_of, record, text, tool, whole

PEOPLE = whole("number of people")

FAMILIES: dict[str, list[Schema]] = {
    "orders": [
        tool("get_order_status", "Where an order stands.", {"order_number": TEXT}),
        tool("cancel_order", "Cancel an order that was not sent yet.",
             {"order_number": TEXT, "reason": one_of("too_late", "changed_mind", "ordered_by_mistake")}, "reason"),
        tool("return_item", "Send one item of an order back.",
             {"order_number": TEXT, "item": TEXT, "reason": one_of("damaged", "wrong_size", "not_needed")}),
        tool("place_order", "Order products.",
             {"items": many(record({"product": TEXT, "quantity": whole("how many")})), "ship_to": ADDRESS,
              "gift_wrap": FLAG}, "gift_wrap"),
    ],
    "music": [
        tool("play_song", "Play one song.", {"title": TEXT, "artist": TEXT}, "artist"),
        tool("play_playlist", "Play a saved playlist.", {"name": TEXT, "shuffle": FLAG}, "shuffle"),
        tool("add_to_playlist", "Put songs into a saved playlist.", {"playlist": TEXT, "titles": many(TEXT)}),
        tool("set_volume", "Set how loud the speakers are.", {"percent": whole("0 to 100")}),
    ],
    "tasks": [
        tool("add_task", "Put a new task on the to-do list.",
             {"text": TEXT, "due": DATE, "priority": one_of("low", "normal", "high")}, "due priority"),
        tool("complete_task", "Mark a task on the to-do list as done.", {"text": TEXT}),
        tool("list_tasks", "Show the tasks of the to-do list.",
             {"priority": one_of("low", "normal", "high"), "due_before": DATE}, "priority due_before"),
        tool("add_to_shopping_list", "Put things to buy on the shopping list.", {"products": many(TEXT)}),
    ],
    "notes": [
        tool("create_note", "Write a new note.", {"title": TEXT, "text": TEXT, "tags": many(TEXT)}, "tags"),
        tool("search_notes", "Find notes by a word in them or by a tag.", {"word": TEXT, "tag": TEXT}, "word tag"),
        tool("delete_note", "Throw a note away.", {"title": TEXT}),
    ],
    "journeys": [
        tool("find_trains", "Train connections on a date.",
             {"origin": TEXT, "destination": TEXT, "date": DATE, "leave_after": TIME,
              "travel_class": one_of("first", "second")}, "leave_after travel_class"),
        tool("get_directions", "The way from one place to another.",
             {"origin": TEXT, "destination": TEXT, "mode": one_of("walk", "bike", "car", "bus"),
              "avoid": many(one_of("tolls", "ferries", "motorways"))}, "avoid"),
        tool("find_hotels", "Hotels with free rooms.",
             {"city": TEXT, "arrival": DATE, "nights": whole("number of nights"), "breakfast": FLAG}, "breakfast"),
    ],
    "tables": [
        tool("find_restaurants", "Restaurants in a city.",
             {"city": TEXT, "cuisine": one_of("italian", "indian", "greek", "thai", "mexican"), "open_now": FLAG},
             "open_now"),
        tool("book_table", "Reserve a table in a restaurant.",
             {"restaurant": TEXT, "date": DATE, "time": TIME, "people": PEOPLE, "outside": FLAG}, "outside"),
        tool("find_recipes", "Recipes that use given ingredients.",
             {"ingredients": many(TEXT), "max_minutes": whole("longest time of cooking"),
              "diet": one_of("vegetarian", "vegan", "gluten_free")}, "max_minutes diet"),
    ],
    "words": [
        tool("translate_text", "Translate an English text.", {"text": TEXT, "language": LANGUAGE}),
        tool("look_up_word", "The dictionary's entry of an English word.", {"word": TEXT}),
        tool("check_spelling", "Correct the spelling of a text.",
             {"text": TEXT, "variety": one_of("british", "american")}, "variety"),
    ],
    "people": [
        tool("send_message", "Send a text message.", {"to": TEXT, "text": TEXT}),
        tool("call_contact", "Call somebody in the address book.", {"name": TEXT, "video": FLAG}, "video"),
        tool("add_contact", "Put somebody into the address book.",
             {"name": TEXT, "phone": text("digits only"), "address": ADDRESS}, "phone address"),
    ],
}  # fmt: skip
