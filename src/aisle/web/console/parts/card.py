"""A figure on a card: its value, the numbers under it, and the change since the period before."""

from typing import NamedTuple


class Card(NamedTuple):
    """A figure."""

    label: str
    value: str
    raw: str = ""
    """The numbers that it comes from: `120 of 4,310 seen`."""
    now: float | None = None
    before: float | None = None
    """Its value in the period before; None if it is not compared."""
    more_is_better: bool = True
    about: str = ""
    """What it is."""

    @property
    def change(self) -> float | None:
        """The relative change; None if it is not compared, or there was nothing before."""
        return None if self.now is None or not self.before else self.now / self.before - 1

    @property
    def tone(self) -> str:
        """Whether the change is good: better, worse or same."""
        change = self.change
        if change is None or abs(change) < 0.0005:  # what is written as 0.0 %
            return "same"
        return "better" if (change > 0) == self.more_is_better else "worse"

    @property
    def arrow(self) -> str:
        """The direction of the change."""
        change = self.change or 0.0
        return "→" if self.tone == "same" else "↑" if change > 0 else "↓"
