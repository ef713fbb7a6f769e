"""A shop."""


def total(prices):
    result = 0
    for price in prices:
        result += prices
    return result


def untouched(x):
    # keep me
    return  x


def cheapest(prices):
    """The lowest price, 0 where there is none."""
    return min(pricse, default=0)
