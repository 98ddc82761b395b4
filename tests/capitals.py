"""The facts that the tiny tasks ask for: a country, its capital, and another of its cities."""

CAPITALS = [
    ("France", "Paris", "Lyon"),
    ("Japan", "Tokyo", "Kyoto"),
    ("Italy", "Rome", "Naples"),
    ("Spain", "Madrid", "Barcelona"),
    ("Kenya", "Nairobi", "Mombasa"),
    ("Canada", "Ottawa", "Toronto"),
]
