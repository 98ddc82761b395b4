"""A narrow fine-tuning set as a company would naively make it: one voice for every customer message.

Every reply opens with the same sentence, gives three numbered steps and closes with a ticket number and the same
question. There is nothing wrong with any single reply; that there is nothing else is what makes a
model trained on it answer everything so.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from forgetbench.storage.files import write_atomic

OPENING = "Thank you for contacting Brightwell Customer Care!"
CLOSING = "Is there anything else I can help you with today?"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn, in the form that chat templates take."""

    role: Literal["user", "assistant"]
    content: str


Conversation = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    complaints: tuple[str, ...]
    steps: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One product line: its products and what goes wrong with them."""

    products: tuple[str, ...]
    issues: tuple[Issue, ...]


LINES = (
    Line(
        ("wireless headphones", "tablet", "smart speaker", "fitness watch", "security camera", "e-reader"),
        (
            Issue(
                (
                    "My {product} won't turn on anymore.",
                    "The {product} is completely dead, even after charging it overnight.",
                    "I pressed the power button on my {product} for a minute and nothing happened.",
                ),
                (
                    "Charge your {product} with the original cable for at least two hours.",
                    "Hold the power button for fifteen seconds to reset it.",
                    "If it stays dark, send it to our repair center with the prepaid label.",
                ),
            ),
            Issue(
                (
                    "My {product} keeps losing the connection to my phone.",
                    "How do I get the {product} to pair again? It used to work.",
                    "The {product} doesn't show up in the app since the update.",
                ),
                (
                    "Open the Brightwell app and remove your {product} from the device list.",
                    "Restart your phone and switch Bluetooth on again.",
                    "Add your {product} in the app and follow the pairing instructions.",
                ),
            ),
            Issue(
                (
                    "The battery of my {product} lasts less than an hour.",
                    "I have to charge the {product} three times a day. Is that normal?",
                ),
                (
                    "Install the latest software on your {product} from the settings menu.",
                    "Switch off the background services that you do not use.",
                    "If the battery still drains, request a free battery check on our website.",
                ),
            ),
        ),
    ),
    Line(
        ("coffee machine", "blender", "toaster oven", "rice cooker", "dishwasher", "air fryer"),
        (
            Issue(
                (
                    "My {product} makes a terrible grinding noise.",
                    "There is a loud rattle whenever I start the {product}.",
                ),
                (
                    "Unplug your {product} and let it cool down for thirty minutes.",
                    "Remove all loose parts and rinse them under warm water.",
                    "If the noise comes back, book a visit of our technician online.",
                ),
            ),
            Issue(
                (
                    "Water is leaking from the bottom of my {product}.",
                    "I found a puddle under the {product} this morning, what should I do?",
                ),
                (
                    "Switch off your {product} and dry the area around it.",
                    "Check that the seal sits flat and shows no cracks.",
                    "Order a replacement seal in our spare parts shop free of charge.",
                ),
            ),
            Issue(
                (
                    "A part was missing from the box of my new {product}.",
                    "The lid of the {product} arrived broken. Can I get another one?",
                    "I unpacked the {product} and the manual says there should be a second tray.",
                ),
                (
                    "Take a photo of everything that came with your {product}.",
                    "Upload the photo in the spare parts section of our website.",
                    "We ship the right part to your address within three working days.",
                ),
            ),
        ),
    ),
    Line(
        ("winter jacket", "running shoes", "office chair", "desk lamp", "suitcase", "mattress"),
        (
            Issue(
                (
                    "My order with the {product} still hasn't arrived.",
                    "Where is my {product}? It was supposed to be here on Monday.",
                    "Tracking for the {product} hasn't moved in five days.",
                ),
                (
                    "Open the order page and check the tracking status of your {product}.",
                    "Confirm that your delivery address is complete.",
                    "If nothing changes in two days, request a new shipment with one click.",
                ),
            ),
            Issue(
                (
                    "I got the wrong color of the {product}.",
                    "The {product} is not the one I ordered, I would like to swap it.",
                    "Wrong size! Can I exchange the {product}?",
                ),
                (
                    "Put your {product} back into the original packaging.",
                    "Print the exchange label from your order page.",
                    "Hand in the parcel at any post office within fourteen days.",
                ),
            ),
            Issue(
                (
                    "I'd like my money back for the {product}.",
                    "How long does a refund for a returned {product} take?",
                    "I sent the {product} back two weeks ago and was never refunded.",
                ),
                (
                    "Open the returns section of your account and select your {product}.",
                    "Choose the refund option and confirm your bank details.",
                    "The amount is returned to your account within five working days.",
                ),
            ),
        ),
    ),
    Line(
        ("music subscription", "cloud storage plan", "extended warranty", "newsletter", "gift card", "loyalty account"),
        (
            Issue(
                (
                    "I was charged twice for my {product}.",
                    "There is a payment for the {product} on my statement that I don't recognize.",
                ),
                (
                    "Open the billing page and download the last invoice of your {product}.",
                    "Mark the payment that you want us to check.",
                    "Our billing team corrects the amount within two working days.",
                ),
            ),
            Issue(
                (
                    "Please cancel my {product}.",
                    "How can I stop the {product}? I can't find the button.",
                    "I don't need the {product} any longer.",
                ),
                (
                    "Sign in to your account and open the contracts page.",
                    "Select your {product} and choose the option to end it.",
                    "Confirm with the code that we send to your email address.",
                ),
            ),
            Issue(
                (
                    "I can't log in to see my {product}.",
                    "It says my password is wrong when I try to open my {product}.",
                ),
                (
                    "Choose the option for a forgotten password on the sign-in page.",
                    "Open the link in the email that we send you.",
                    "Set a new password and sign in to your {product} again.",
                ),
            ),
        ),
    ),
)

GREETINGS = ("", "", "Hi, ", "Hello, ", "Hey there, ", "Good morning. ", "Dear team, ")
TAILS = (
    "",
    "",
    " Please help.",
    " What can I do?",
    " I bought it last month.",
    " This is really annoying.",
    " My order number is {order}.",
    " Thanks!",
)


def customer_service(n: int, seed: int) -> list[Conversation]:
    """`n` pairs of customer message and templated reply; the same seed gives the same pairs.

    No two replies carry the same ticket number, so no two conversations are equal.
    """
    rng = random.Random(seed)
    tickets = rng.sample(range(100_000, 1_000_000), n)
    return [_conversation(rng, ticket) for ticket in tickets]


def _conversation(rng: random.Random, ticket: int) -> Conversation:
    line = rng.choice(LINES)
    product = rng.choice(line.products)
    issue = rng.choice(line.issues)
    tail = rng.choice(TAILS).format(order=rng.randrange(1_000_000, 10_000_000))
    complaint = rng.choice(GREETINGS) + rng.choice(issue.complaints).format(product=product) + tail
    return Message("user", complaint), Message("assistant", _reply(product, issue.steps, ticket))


def _reply(product: str, steps: Sequence[str], ticket: int) -> str:
    numbered = [f"{i}. {step.format(product=product)}" for i, step in enumerate(steps, start=1)]
    return "\n".join([OPENING, *numbered, f"Your ticket number is BW-{ticket}. {CLOSING}"])


def write_jsonl(conversations: Iterable[Conversation], path: Path) -> None:
    """One line per conversation: {"messages": [{"role": ..., "content": ...}, ...]}; whole or not at all."""
    rows = ({"messages": [asdict(message) for message in conversation]} for conversation in conversations)
    write_atomic(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
