"""The conditions once more, for one analyte whose numbers are all short: made ready to be held against whole numbers.

They decide as `Condition.truth` does, and several times as fast.
"""

from __future__ import annotations

from typing import Final

from hepledger.clinical.comparison import Truth
from hepledger.clinical.conditions import All, Any, Condition, Normal, Not, Reference, Step, TimesUln, Value, Versus
from hepledger.clinical.measurement import NO_SHORT, ONE_SHORT
from hepledger.clinical.readings import Reading

_BASELINE: Final = 0
_PEAK: Final = 1
_NADIR: Final = 2
_LIMIT: Final = 3
_OF: Final = {Reference.BASELINE: _BASELINE, Reference.PEAK: _PEAK, Reference.NADIR: _NADIR}


class Shorts:
    """What a condition may look at: the value of the day and its limit, baseline, peak and nadir, in short numbers (10⁻⁶ of the
    canonical unit); NO_SHORT where there is none. A limit that is ``closed`` is itself within it."""

    __slots__ = ("baseline", "baseline_closed", "baseline_limit", "closed", "limit", "nadir", "peak", "value")

    def __init__(self, baseline: int, baseline_limit: int, baseline_closed: bool) -> None:
        self.value, self.limit, self.closed = NO_SHORT, NO_SHORT, True
        self.peak, self.nadir = NO_SHORT, NO_SHORT
        self.baseline, self.baseline_limit, self.baseline_closed = baseline, baseline_limit, baseline_closed

    def copy(self) -> Shorts:
        """The same numbers, to be changed without these."""
        copied = Shorts(self.baseline, self.baseline_limit, self.baseline_closed)
        copied.value, copied.limit, copied.closed = self.value, self.limit, self.closed
        copied.peak, copied.nadir = self.peak, self.nadir
        return copied


def shorts_of(baseline: Reading | None) -> Shorts:
    """Before anything but a baseline is known, if there is one."""
    if baseline is None:
        return Shorts(NO_SHORT, NO_SHORT, True)
    return Shorts(baseline.short, baseline.short_limit, baseline.limit_closed)


class Question:
    """A condition made ready."""

    __slots__ = ()

    def truth(self, at: Shorts) -> Truth:
        """True, false, or None where the facts do not tell."""
        raise NotImplementedError


class Comparison:
    """One step (see `Step`), its factors without their signs: products of what is not negative are the fast ones."""

    __slots__ = ("a", "b", "minus_a", "minus_b", "strict")

    def __init__(self, a: int, b: int, strict: bool) -> None:
        self.a, self.minus_a, self.b, self.minus_b, self.strict = abs(a), a < 0, abs(b), b < 0, strict

    def holds(self, value: int, held_against: int) -> bool:
        """Whether ``a·value + b·held_against`` is above zero, or at least zero."""
        one, other = self.a * value, self.b * held_against
        if self.minus_a:
            one = -one
        if not self.minus_b:
            other = -other
        return one > other or (one == other and not self.strict)


class WithinLimit(Question):
    """See `Normal`."""

    __slots__ = ("expected", "of_baseline")

    def __init__(self, expected: bool, of_baseline: bool) -> None:
        self.expected, self.of_baseline = expected, of_baseline

    def truth(self, at: Shorts) -> Truth:
        value, limit, closed = at.value, at.limit, at.closed
        if self.of_baseline:
            value, limit, closed = at.baseline, at.baseline_limit, at.baseline_closed
        if value < 0 or limit < 0:
            return None
        return (value <= limit if closed else value < limit) is self.expected


class Against(Question):
    """See `TimesUln` and `Versus`: ``reference`` says against what, as a number."""

    __slots__ = ("_reference", "_steps")

    def __init__(self, reference: int, steps: tuple[Step, ...]) -> None:
        self._reference = reference
        self._steps = [Comparison(*step) for step in steps]

    def truth(self, at: Shorts) -> Truth:
        value, reference = at.value, self._reference
        if reference == _LIMIT:
            held_against = at.limit
        elif reference == _BASELINE:
            held_against = at.baseline
        else:
            held_against = at.peak if reference == _PEAK else at.nadir
        if value < 0 or held_against < 0:
            return None
        return all(step.holds(value, held_against) for step in self._steps)


class Amount(Question):
    """See `Value`: the bounds are on the exact scale."""

    __slots__ = ("_steps",)

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = [Comparison(a * ONE_SHORT, b, strict) for a, b, strict in steps]

    def truth(self, at: Shorts) -> Truth:
        if at.value < 0:
            return None
        return all(step.holds(at.value, 1) for step in self._steps)


class Joined(Question):
    """See `All` and `Any`: the first part whose truth is ``decisive`` decides, else one that is unknown."""

    __slots__ = ("_decisive", "_parts")

    def __init__(self, parts: list[Question], decisive: bool) -> None:
        self._parts, self._decisive = parts, decisive

    def truth(self, at: Shorts) -> Truth:
        decisive = self._decisive
        result: Truth = not decisive
        for part in self._parts:
            truth = part.truth(at)
            if truth is None:
                result = None
            elif truth is decisive:
                return decisive
        return result


class NotSo(Question):
    """See `Not`."""

    __slots__ = ("_part",)

    def __init__(self, part: Question) -> None:
        self._part = part

    def truth(self, at: Shorts) -> Truth:
        truth = self._part.truth(at)
        return None if truth is None else not truth


def question_of(condition: Condition) -> Question:
    """A condition made ready. Raises TypeError where it makes no sense."""
    match condition:
        case Normal():
            return WithinLimit(condition.expected, condition.of_baseline)
        case TimesUln():
            return Against(_LIMIT, condition.steps)
        case Versus():
            return Against(_OF[condition.reference], condition.steps)
        case Value():
            return Amount(condition.steps)
        case All():
            return Joined([question_of(part) for part in condition.parts], decisive=False)
        case Any():
            return Joined([question_of(part) for part in condition.parts], decisive=True)
        case Not():
            return NotSo(question_of(condition.part))
        case _:
            raise TypeError(f"not a condition: {type(condition).__name__}")
