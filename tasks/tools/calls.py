"""Requests that one tool fits, levels 1 and 2: arguments to be copied, and names that the schema lists.

In a text {slot} is what the user says; in the arguments "$slot" is the value that the schema asks for (pools.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Template(NamedTuple):
    """A conversation that ends in a request."""

    tool: str
    turns: tuple[str, ...]
    """User and assistant in turn, the user first and last."""
    arguments: dict[str, Any]
    withdrawn: str = ""
    """The user's last turn in the twin of a conversation of several turns: nothing is to be done after all."""


def ask(tool: str, text: str, /, **arguments: Any) -> Template:
    return Template(tool, (text,), arguments)


COPIED = [
    ask("get_current_weather", "What's the weather like in {city} right now?", city="$city"),
    ask("get_time", "What time is it in {city} now?", city="$city"),
    ask("cancel_timer", 'Stop the timer called "{label}".', label="$label"),
    ask("turn_off_light", "Switch off the light in the {room}, please.", room="$room"),
    ask("turn_on_light", "Please turn on the light in the {room}.", room="$room"),
    ask("set_volume", "Set the volume to {percent} percent.", percent="$percent"),
    ask("get_order_status", "Where is my order {order}?", order_number="$order"),
    ask("cancel_order", "Please cancel my order {order}.", order_number="$order"),
    ask("complete_task", 'I have finished the task "{task}". Tick it off, please.', text="$task"),
    ask("add_task", 'Put "{task}" on my to-do list.', text="$task"),
    ask("delete_note", 'Throw away my note "{note}".', title="$note"),
    ask("search_notes", 'Find my notes with the tag "{tag}".', tag="$tag"),
    ask("look_up_word", 'Look up the word "{word}" in the dictionary.', word="$word"),
    ask("play_playlist", 'Play my playlist "{playlist}".', name="$playlist"),
    ask("play_song", 'I want to hear the song "{song}".', title="$song"),
    ask("call_contact", "Call {person} for me.", name="$person"),
    ask("cancel_event", 'Take "{event}" out of my calendar.', title="$event"),
    ask("set_timer", "Start a timer of {minutes} minutes.", duration="$minutes"),
]

LISTED = [
    ask("send_message", 'Text {person}: "{message}"', to="$person", text="$message"),
    ask("convert_length", "Convert {amount} kilometres into miles.", value="$amount", from_unit="km", to_unit="mi"),
    ask("convert_weight", "Convert {amount} pounds into kilograms.", value="$amount", from_unit="lb", to_unit="kg"),
    ask("convert_currency", "How much is {amount} euros in yen today?", amount="$amount", from_currency="EUR",
        to_currency="JPY"),
    ask("translate_text", 'Translate "{phrase}" into {language}.', text="$phrase", language="$language"),
    ask("find_restaurants", "Which {cuisine} restaurants are there in {city}?", city="$city", cuisine="$cuisine"),
    ask("add_task", 'Add "{task}" to my to-do list, with {priority} priority.', text="$task", priority="$priority"),
    ask("turn_on_light", "Turn on the {color} light in the {room}.", room="$room", color="$color"),
    ask("turn_on_light", "Light in the {room} at {percent} percent, please.", room="$room", brightness="$percent"),
    ask("set_temperature", "Heat the {room} to {degrees} degrees.", room="$room", celsius="$degrees"),
    ask("get_forecast", "Show me the weather in {city} for the next {days} days.", city="$city", days="$days"),
    ask("play_song", 'Play "{song}" by {artist}.', title="$song", artist="$artist"),
    ask("return_item", "I want to send back the {item} of order {order}: {reason}.", order_number="$order",
        item="$item", reason="$reason"),
    ask("get_directions", "How do I get from the {place} to the {place2} {mode}?", origin="$place",
        destination="$place2", mode="$mode"),
    ask("check_spelling", 'Correct the spelling of "{misspelt}" in {variety} English.', text="$misspelt",
        variety="$variety"),
    ask("play_playlist", 'Play the playlist "{playlist}" in random order.', name="$playlist", shuffle=True),
    ask("call_contact", "Start a video call with {person}.", name="$person", video=True),
    ask("search_mail", 'Find the mails from {person} with the word "{topic}" in them.', sender="$person",
        keyword="$topic"),
    ask("cancel_order", "Please cancel order {order}; {regret}.", order_number="$order", reason="$regret"),
    ask("set_timer", 'Start a timer of {minutes} minutes called "{label}".', duration="$minutes", label="$label"),
]  # fmt: skip
