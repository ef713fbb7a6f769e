"""Numbers with their units and long texts, as users read them: "1 token", decimal megabytes, "a long…". Pure."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """``number`` and ``noun``, with a plural "s" unless the number is 1."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def megabytes(size_bytes: int) -> int:
    """Decimal megabytes, as file managers count them."""
    return round(size_bytes / 1_000_000)


def shortened(text: str, most_chars: int) -> str:
    """``text``, cut to ``most_chars`` with an ellipsis at its end where it is longer."""
    return text if len(text) <= most_chars else text[: most_chars - 1].rstrip() + "…"
