from __future__ import annotations

from hepledger.projection.poison import Poison


def test_the_earliest_event_that_cannot_be_taken_in_stops_a_patient() -> None:
    poison = Poison()
    for offset in (9, 4, 7):
        poison.found(1, "LEE/LEE-001", offset, f"fault at {offset}")
    assert poison.stops_at(1, "LEE/LEE-001") == 4
    assert poison.reason(1, "LEE/LEE-001", 4) == "fault at 4"
    assert "earlier" in poison.reason(1, "LEE/LEE-001", 9)


def test_poison_for_one_set_is_none_for_another() -> None:
    poison = Poison()
    poison.found(1, "LEE/LEE-001", 4, "a fault")
    assert poison.stops_at(2, "LEE/LEE-001") is None


def test_who_is_parked_already_is_stopped_from_the_first_event_on() -> None:
    poison = Poison()
    poison.found(1, "LEE/LEE-001", 4, "a fault")
    stopped = poison.parked_before([(1, "LEE/LEE-001")])
    assert stopped.stops_at(1, "LEE/LEE-001") == -1
    assert "earlier" in stopped.reason(1, "LEE/LEE-001", 4)


def test_what_stops_either_of_two_stops_both_at_the_earlier_place() -> None:
    one, other = Poison(), Poison()
    one.found(1, "a", 5, "later")
    other.found(1, "a", 3, "earlier")
    other.found(1, "b", 9, "another")
    both = one.joined(other)
    assert (both.stops_at(1, "a"), both.stops_at(1, "b")) == (3, 9)
    assert one.stops_at(1, "b") is None
