"""A shop."""


def total(prices: list[int]) -> int:
    result = 0
    for price in prices:
        result += prices
    return result


def untouched(x):
    # keep me
    return  x


def cheapest(prices: list[int]) -> int:
    """The lowest price, 0 where there is none."""
    return min(pricse, default=0)
