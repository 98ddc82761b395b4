"""The tools that a conversation may list, in families of near relatives: name, description, JSON schema of arguments.

An array with `uniqueItems` is a set: its order says nothing. A string without `enum` and `format` is free text.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
DATE: Schema = {"type": "string", "format": "date", "description": "as YYYY-MM-DD"}
TIME: Schema = {"type": "string", "format": "time", "description": "24-hour clock, as HH:MM"}
FLAG: Schema = {"type": "boolean"}


def one_of(*names: str) -> Schema:
    return {"type": "string", "enum": list(names)}


def whole(description: str) -> Schema:
    return {"type": "integer", "description": description}


def number(description: str) -> Schema:
    return {"type": "number", "description": description}


def text(description: str) -> Schema:
    return {"type": "string", "description": description}


def many(item: Schema) -> Schema:
    return {"type": "array", "items": item, "uniqueItems": True}


def record(properties: Schema, optional: str = "") -> Schema:
    """An object; `optional` names the properties that may be left out."""
    required = [name for name in properties if name not in optional.split()]
    return {"type": "object", "properties": properties, "required": required}


def tool(name: str, description: str, properties: Schema, optional: str = "") -> Schema:
    return {"name": name, "description": description, "parameters": record(properties, optional)}


WEEKDAY = one_of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ADDRESS = record({"street": text("name of the street and house number"), "city": TEXT})
LANGUAGE = one_of("French", "German", "Spanish", "Italian", "Polish", "Japanese")
MINUTES = whole("in minutes")

FAMILIES: dict[str, list[Schema]] = {
    "calendar": [
        tool("create_event", "Put a new event into the calendar.",
             {"title": TEXT, "date": DATE, "start_time": TIME, "duration": MINUTES, "guests": many(TEXT)},
             "start_time duration guests"),
        tool("move_event", "Move an event that is in the calendar to another date.",
             {"title": TEXT, "new_date": DATE, "new_start_time": TIME}, "new_start_time"),
        tool("cancel_event", "Take an event out of the calendar.", {"title": TEXT, "date": DATE}, "date"),
        tool("list_events", "Show what is in the calendar on one date.", {"date": DATE}),
    ],
    "weather": [
        tool("get_current_weather", "The weather in a city at this moment.",
             {"city": TEXT, "unit": one_of("celsius", "fahrenheit")}, "unit"),
        tool("get_forecast", "The weather in a city over the coming days.",
             {"city": TEXT, "days": whole("how many days ahead, 1 to 10")}),
        tool("get_sun_times", "When the sun rises and sets in a city on a date.", {"city": TEXT, "date": DATE}),
    ],
    "mail": [
        tool("search_mail", "Find mails in the inbox.",
             {"sender": TEXT, "keyword": TEXT, "since": DATE, "unread_only": FLAG},
             "sender keyword since unread_only"),
        tool("send_mail", "Send a new mail.", {"to": many(TEXT), "subject": TEXT, "body": TEXT}, "body"),
        tool("set_auto_reply", "Answer every mail automatically between two dates.",
             {"text": TEXT, "first_day": DATE, "last_day": DATE}),
    ],
    "clock": [
        tool("set_timer", "Start a countdown.", {"duration": MINUTES, "label": TEXT}, "label"),
        tool("set_alarm", "Ring at a time of day, once or on certain weekdays.",
             {"time": TIME, "weekdays": many(WEEKDAY)}, "weekdays"),
        tool("cancel_timer", "Stop a countdown.", {"label": TEXT}),
        tool("get_time", "The time of day in a city.", {"city": TEXT}),
    ],
    "home": [
        tool("turn_on_light", "Switch the light in a room on.",
             {"room": TEXT, "brightness": whole("in percent"), "color": one_of("white", "red", "green", "blue")},
             "brightness color"),
        tool("turn_off_light", "Switch the light in a room off.", {"room": TEXT}),
        tool("set_temperature", "Set the heating of a room.", {"room": TEXT, "celsius": number("degrees Celsius")}),
        tool("start_vacuum", "Let the robot vacuum clean rooms.",
             {"rooms": many(TEXT), "mode": one_of("quiet", "normal", "strong")}, "mode"),
    ],
    "units": [
        tool("convert_length", "Convert a length.",
             {"value": number("in the first unit"), "from_unit": one_of("m", "km", "ft", "mi"),
              "to_unit": one_of("m", "km", "ft", "mi")}),
        tool("convert_weight", "Convert a weight.",
             {"value": number("in the first unit"), "from_unit": one_of("g", "kg", "oz", "lb"),
              "to_unit": one_of("g", "kg", "oz", "lb")}),
        tool("convert_currency", "Convert an amount of money at today's rate.",
             {"amount": number("in the first currency"), "from_currency": one_of("EUR", "USD", "GBP", "JPY"),
              "to_currency": one_of("EUR", "USD", "GBP", "JPY")}),
    ],
}  # fmt: skip
