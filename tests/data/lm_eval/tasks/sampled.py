"""A task that is asked three times: what each answer scores, as a list."""


def process_results(doc: dict[str, str], results: list[list[str]]) -> dict[str, list[float] | float]:
    """The share of the answers with a digit in them."""
    (answers,) = results
    return {"has_digit": sum(any(map(str.isdigit, answer)) for answer in answers) / len(answers)}
