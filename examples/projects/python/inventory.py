"""Stock of a small shop."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Item:
    """One kind of thing on the shelf."""

    name: str
    price: float
    quantity: int = 0


@dataclass
class Inventory:
    """All items, by name."""

    items: dict[str, Item] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        """Put an item on the shelf, or more of one that is there."""
        known = self.items.get(item.name)
        if known is None:
            self.items[item.name] = item
        else:
            known.quantity += item.quantity

    def remove(self, name: str, quantity: int) -> None:
        """Take some away; raises KeyError for an unknown name and ValueError for too many."""
        item = self.items[name]
        if item.quantity < quantity:
            raise ValueError(f"only {item.quantity} of {name} left")
        item.quantity -= quantity

    def cheapest(self) -> Item:
        """The item with the lowest price."""
        return min(self.items.values(), key=lambda item: item.price)
