"""The customers' questions the demo answers, and the long texts its prompts begin with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import NamedTuple


class Ticket(NamedTuple):
    """One customer's question as the assistant receives it."""

    number: int
    """Counts from 1."""
    user_id: str
    product: str
    question: str


class _Question(NamedTuple):
    user_id: str
    product: str
    text: str


_QUESTIONS = (
    _Question(
        "u-204", "kettle", "My kettle switches itself off before the water boils. Is that a fault?"
    ),
    _Question("u-118", "toaster", "One side of the toast stays white."),
    _Question(
        "u-377",
        "kettle",
        "Which descaler may I use, and how often should I descale in a hard water area?",
    ),
    _Question("u-204", "blender", "Can I crush ice with it?"),
    _Question(
        "u-590",
        "toaster",
        "I bought the toaster two years and one month ago and the lever no longer stays down. "
        "The shop says that the warranty is over, but your website speaks of three years. Who is right?",
    ),
    _Question("u-431", "blender", "The jug leaks at the base since I washed it in the dishwasher."),
    _Question("u-118", "kettle", "Where do I find the serial number?"),
    _Question(
        "u-662",
        "blender",
        "I would like a refund for order 5512, it arrived broken and nobody answers the phone.",
    ),
    _Question("u-377", "toaster", "Does the crumb tray of the old model fit the new one?"),
    _Question(
        "u-590",
        "kettle",
        "The lid opens while pouring. I scalded my hand. What are you going to do about it?",
    ),
)

_RULES = (
    "Greet the customer by name and say in one sentence what you have understood.",
    "Never promise a refund before the order and its date have been checked.",
    "Where someone was hurt, stop, apologise, and hand the ticket to a person.",
    "Quote the manual by chapter, and never from memory.",
    "A warranty of three years counts from the day of delivery, not of the order.",
    "Offer a spare part before a replacement, and a replacement before a refund.",
    "Answer in the customer's language and in no more than six sentences.",
    "End with the next step, who takes it and by when.",
)


def _chapters(title: str, count: int) -> str:
    rules = islice(cycle(_RULES), count)
    return "\n".join(f"{title}, chapter {n}. {rule}" for n, rule in enumerate(rules, start=1))


HANDBOOK = _chapters("Support handbook", 90)
"""What the assistant's own prompts begin with; long enough for a provider to cache it."""

STYLE_GUIDE = _chapters("House style", 120)
"""What every draft begins with, whatever the product."""

_MANUALS = {
    "kettle": _chapters("Manual of the kettle", 60),
    "toaster": _chapters("Manual of the toaster", 75),
    "blender": _chapters("Manual of the blender", 105),
}


def manual(product: str) -> str:
    """Return the manual of `product`; KeyError for a product nobody sells."""
    return _MANUALS[product]


def passages(product: str) -> tuple[str, ...]:
    """Return the passages of the manual that a search for `product` finds."""
    return tuple(manual(product).splitlines()[::15])


def tickets(count: int) -> Iterator[Ticket]:
    """Yield `count` tickets, beginning again with the first question when all are used."""
    for number, question in enumerate(islice(cycle(_QUESTIONS), count), start=1):
        yield Ticket(number, question.user_id, question.product, question.text)
