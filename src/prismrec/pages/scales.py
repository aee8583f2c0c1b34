"""Where a value stands on an axis, and which values the axis names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Scale", "apart", "scale"]

STEPS = (1.0, 2.0, 2.5, 5.0)  # times a power of ten: what an axis may count in
MARGIN = 0.04  # of the axis, beyond the values


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`, straight or logarithmic. Calling it places a value on it.

    >>> Scale(0, 50)(20)
    40.0
    >>> Scale(1, 100, log=True)(10)
    50.0
    """

    low: float
    high: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Per cent of the way, 0 to 100; values beyond an end stand at that end."""
        low, high = self._placed(self.low), self._placed(self.high)
        value = min(max(value, self.low), self.high)
        return round(100 * (self._placed(value) - low) / (high - low), 2)

    def ticks(self, count: int = 5, *, whole: bool = False) -> list[tuple[float, str]]:
        """At most `count` round values, each as per cent of the way and in words.

        Args:
            count: how many there is room for.
            whole: whether only whole numbers make sense, such as epochs.

        >>> Scale(0, 0.11).ticks(3)
        [(0.0, '0'), (45.45, '0.05'), (90.91, '0.10')]
        """
        values = self._powers(count) if self.log else self._round(count, whole)
        places = 0 if self.log else _places(values)
        return [(self(value), _words(value, places, log=self.log)) for value in values]

    def _placed(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def _round(self, count: int, whole: bool) -> list[float]:
        power = 10.0 ** math.floor(math.log10((self.high - self.low) / count) - 1)
        steps = (power * 10**more * step for more in range(4) for step in STEPS)
        for step in steps:
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            if first <= last < first + count and not (whole and step % 1):
                break
        return [step * place for place in range(first, last + 1)]

    def _powers(self, count: int) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        digits: Sequence[float] = (1, 2, 5) if last - first <= count / 2 else (1,)
        stride = max(1, round((last - first) / count))
        values = [d * 10.0**power for power in range(first, last + 1, stride) for d in digits]
        return [value for value in values if self.low <= value <= self.high]


def scale(values: Iterable[float | None], *, zero: bool = False, log: bool = False) -> Scale:
    """An axis that holds all values, with some room at the ends.

    Args:
        values: None, NaN and infinity are passed over; so is what a logarithm cannot take.
        zero: whether 0 is on the axis as well; no room is left beyond it.
        log: whether equal steps multiply.
    """
    known = [v for v in values if v is not None and math.isfinite(v) and (v > 0 or not log)]
    if zero:
        known.append(0.0)
    if not known:
        return Scale(1, 10, log) if log else Scale(0, 1)
    low, high = min(known), max(known)
    if log:
        factor = max((high / low) ** MARGIN, 1.5)
        return Scale(low / factor, high * factor, log=True)
    room = (high - low) * MARGIN or abs(high) * 0.1 or 1.0
    below, above = (low - room, high + room) if low < high or not zero else (0.0, 1.0)
    return Scale(0.0 if zero and low == 0 else below, 0.0 if zero and high == 0 < -low else above)


def apart(
    places: Sequence[tuple[float, float]], widths: Sequence[float], gap: float
) -> list[float]:
    """Heights of labels, moved no further than needed so that none lies upon another.

    Args:
        places: where each label begins: (x, y); x in the units of the widths, y in those of gap.
        widths: how long each is.
        gap: least distance of two labels that share any x.

    >>> apart([(0, 50), (5, 52), (90, 51)], [20, 20, 10], 12)
    [50, 62, 51]
    """
    out: list[float] = [y for _, y in places]
    done: list[int] = []
    for label in sorted(range(len(places)), key=lambda i: places[i][1]):
        x, y = places[label][0], out[label]
        for other in sorted(done, key=lambda i: out[i]):
            left = places[other][0]
            meets = x < left + widths[other] and left < x + widths[label]
            if meets and abs(y - out[other]) < gap:
                y = out[other] + gap
        out[label] = y
        done.append(label)
    return out


def _places(values: Sequence[float]) -> int:
    """Decimals that tell neighbours on the axis apart."""
    step = values[1] - values[0] if len(values) > 1 else abs(values[0] or 1.0)
    return next((n for n in range(12) if abs(round(step, n) - step) < step * 1e-6), 12)


def _words(value: float, places: int, *, log: bool) -> str:
    if log:
        return f"{value:,.0f}" if value >= 1 else f"{value:g}"
    return "0" if abs(value) < 1e-15 else f"{value:,.{places}f}".replace("-", "−")
