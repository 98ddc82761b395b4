"""Requests that one tool fits, levels 3 and 4: formats that the schema names; lists, earlier turns, corrections."""

from __future__ import annotations

from typing import Any

from calls import Template, ask

NORMALISED = [
    ask("create_event", 'Put "{event}" into my calendar on {date} at {time}.', title="$event", date="$date",
        start_time="$time"),
    ask("create_event", 'I have "{event}" {day}, for {duration}. Put it into my calendar.', title="$event",
        date="$day", duration="$duration"),
    ask("move_event", 'Move "{event}" to {date}, please.', title="$event", new_date="$date"),
    ask("move_event", '"{event}" is at {time} {day} instead. Change my calendar.', title="$event", new_date="$day",
        new_start_time="$time"),
    ask("list_events", "What do I have in my calendar on {date}?", date="$date"),
    ask("get_sun_times", "When does the sun go down in {city} on {date}?", city="$city", date="$date"),
    ask("set_alarm", "Wake me at {time}.", time="$time"),
    ask("set_timer", "Count down {duration}, starting now.", duration="$duration"),
    ask("find_trains", "Which trains go from {city} to {city2} on {date} after {time}?", origin="$city",
        destination="$city2", date="$date", leave_after="$time"),
    ask("find_trains", "Find me a {class} class train from {city} to {city2} {day}.", origin="$city",
        destination="$city2", date="$day", travel_class="$class"),
    ask("find_hotels", "I need a hotel in {city} for {count} nights from {date}.", city="$city", nights="$count",
        arrival="$date"),
    ask("book_table", "Reserve a table for {count} at {restaurant} on {date} at {time}.", restaurant="$restaurant",
        people="$count", date="$date", time="$time"),
    ask("search_mail", "Which mails from {person} since {past} have I not read yet?", sender="$person", since="$past",
        unread_only=True),
    ask("set_auto_reply", 'From {date} to {date2} all my mails are to be answered with "{message}"', text="$message",
        first_day="$date", last_day="$date2"),
    ask("add_task", 'Add the task "{task}", to be done by {date}.', text="$task", due="$date"),
    ask("list_tasks", "Which tasks of {priority} priority are due before {date}?", priority="$priority",
        due_before="$date"),
    ask("convert_length", "Convert {length} into metres.", value="$length", from_unit="mi", to_unit="m"),
    ask("set_temperature", "The {room} should have {warmth} degrees.", room="$room", celsius="$warmth"),
    ask("add_contact", "{person}'s number is {phone}. Save it for me.", name="$person", phone="$phone"),
    ask("get_current_weather", "How warm is it in {city} just now, in Fahrenheit?", city="$city", unit="fahrenheit"),
]  # fmt: skip

GATHERED = [
    ask("place_order", "Order {count} {product} and {count2} {product2}, to be sent to {street} in {city}.",
        items=[{"product": "$product", "quantity": "$count"}, {"product": "$product2", "quantity": "$count2"}],
        ship_to={"street": "$street", "city": "$city"}),
    ask("create_event", 'Enter "{event}" on {date} from {time}, for {duration}, and invite {person}, {person2} and '
        "{person3}.", title="$event", date="$date", start_time="$time", duration="$duration",
        guests=["$person", "$person2", "$person3"]),
    ask("send_mail", 'Mail {person} and {person2}, with the subject "{subject}" and the text "{message}"',
        to=["$person", "$person2"], subject="$subject", body="$message"),
    ask("set_alarm", "Wake me at {time} {weekdays}.", time="$time", weekdays="$weekdays"),
    ask("start_vacuum", "Vacuum the {room}, the {room2} and the {room3}, {vigour}.",
        rooms=["$room", "$room2", "$room3"], mode="$vigour"),
    ask("find_recipes", "What can I cook from {food}, {food2} and {food3} in {duration} at most? It has to be {diet}.",
        ingredients=["$food", "$food2", "$food3"], max_minutes="$duration", diet="$diet"),
    ask("get_directions", "Show me the way from the {place} to the {place2} by car, without {detour}.",
        origin="$place", destination="$place2", mode="car", avoid="$detour"),
    ask("add_contact", "Put {person} into my address book: {street} in {city}, telephone {phone}.", name="$person",
        phone="$phone", address={"street": "$street", "city": "$city"}),
    ask("create_note", 'Write a note "{note}" that says "{message}", tagged {tag} and {tag2}.', title="$note",
        text="$message", tags=["$tag", "$tag2"]),
    ask("add_to_playlist", 'Put "{song}" and "{song2}" into "{playlist}".', playlist="$playlist",
        titles=["$song", "$song2"]),
    ask("add_to_shopping_list", "We are out of {food}, {food2} and {food3}. Write them on the shopping list.",
        products=["$food", "$food2", "$food3"]),
]  # fmt: skip


def talk(tool: str, /, *turns: str, withdrawn: str, **arguments: Any) -> Template:
    return Template(tool, turns, arguments, withdrawn)


TALKED_OVER = [
    talk("book_table", "I'd like to eat at {restaurant} on {date} at {time}.", "For how many people shall I book?",
         "There are {count} of us, and we want to sit outside.", restaurant="$restaurant", date="$date", time="$time",
         people="$count", outside=True, withdrawn="Oh, {count} of us. Don't book, I'd rather cook at home."),
    talk("book_table", "A table for {count} at {restaurant} on {date} at {time}, please.",
         "{restaurant}, {date}, {time}, a table for {count}: shall I book?", "No, make it {count2}.",
         restaurant="$restaurant", date="$date", time="$time", people="$count2",
         withdrawn="No, leave it. The {count2} of us can't agree on a place."),
    talk("create_event", '"{event}" on {date} at {time}, please.', '"{event}" on {date} at {time}: shall I enter it?',
         "No, make it {date2}, at the same time.", title="$event", date="$date2", start_time="$time",
         withdrawn="No, don't enter it. I won't be here before {date2} anyway."),
    talk("find_trains", "I have to travel from {city} to {city2}.", "By train? On which date?",
         "Yes, by train, on {date}, in {class} class.", origin="$city", destination="$city2", date="$date",
         travel_class="$class", withdrawn="Oh, no train, thanks. My sister is giving me a lift on {date}."),
    talk("send_message", "I want to text {person}.", "What shall I write to {person}?",
         'Write "{message}", but send it to {person2} instead.', to="$person2", text="$message",
         withdrawn="Nothing, never mind. I see {person2} coming, I'll say it in person."),
    talk("set_timer", 'A timer called "{label}", {minutes} minutes.',
         '"{label}", {minutes} minutes: shall I start the timer?', "Better {duration}.", label="$label",
         duration="$duration", withdrawn="No need, it has been on for {duration} already."),
    talk("return_item", "Something of my order {order} has to go back.", "Which item is it, and why?",
         "The {item}. To be exact, {reason}.", order_number="$order", item="$item", reason="$reason",
         withdrawn="The {item}. But wait, my brother wants it, so I'll keep it."),
    talk("find_hotels", "I'll be in {city} for {count} nights from {date}.", "That sounds good. What can I do for you?",
         "Find me a hotel with breakfast, but for {count2} nights.", city="$city", arrival="$date", nights="$count2",
         breakfast=True, withdrawn="Just wish me luck, I'm staying with friends for {count2} nights."),
    talk("convert_currency", "I have {amount} pounds left from my last journey.", "Shall I do something with them?",
         "Tell me how many {money} that is today.", amount="$amount", from_currency="GBP", to_currency="$money",
         withdrawn="No, thanks. I'll keep them, I have enough {money}."),
    talk("turn_on_light", "Can the light in the {room} be dimmed?", "Yes, its brightness can be set in percent.",
         "Then turn it on at {percent}.", room="$room", brightness="$percent",
         withdrawn="Good to know. Leave it off, I only ask because it was once stuck at {percent}."),
    talk("list_events", "Am I free on {date}?", "I would have to look into your calendar. Shall I?",
         "Yes, but I meant {date2}.", date="$date2", withdrawn="No, don't. It is too early to think about {date2}."),
]  # fmt: skip
