"""Files that the tests open, and what the scripted model says about them."""

from __future__ import annotations

MISSPELT = '''"""A shop."""


def cheapest(prices):
    """The lowest price, 0 where there is none."""
    return min(pricse, default=0)
'''

WRONG = '''"""A shop."""


def total(prices):
    result = 0
    for price in prices:
        # add the item, not the list
        result += prices
    return result
'''
FIXED = WRONG.replace("+= prices", "+= price")


# What the model is asked for: the loop where the cursor stands before its comment or its lines are selected, else the
# function.
FIXED_FUNCTION = FIXED.split("\n\n\n")[1].rstrip("\n")
FIXED_LOOP = "\n".join(FIXED.split("\n")[5:8])


def answer(code: str) -> str:
    """As models answer."""
    return f"The sum adds the list instead of its item.\n\nThe whole edited code:\n```python\n{code}\n```\n"
