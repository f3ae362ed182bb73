from __future__ import annotations

from hepledger.projection.lanes import Lane, lanes_ahead
from hepledger.state.checkpoints import Claim


def claim(projection_id: int, next_offset: int, partition: int = 0) -> Claim:
    return Claim(projection_id=projection_id, partition=partition, next_offset=next_offset, epoch=1)


def test_sets_that_stand_together_go_together_without_a_bound() -> None:
    assert lanes_ahead([claim(2, 7), claim(1, 7)]) == [Lane(0, 7, None, (1, 2))]


def test_whoever_is_behind_goes_first_and_only_as_far_as_the_next() -> None:
    assert lanes_ahead([claim(1, 90), claim(2, 7), claim(3, 40), claim(4, 7)]) == [Lane(0, 7, 40, (2, 4))]


def test_partitions_are_read_together_where_the_same_sets_go_on() -> None:
    claims = [claim(1, 5, 0), claim(2, 5, 0), claim(1, 9, 1), claim(2, 9, 1)]
    assert lanes_ahead(claims) == [Lane(0, 5, None, (1, 2)), Lane(1, 9, None, (1, 2))]


def test_a_partition_on_which_some_are_behind_comes_before_those_on_which_nobody_is() -> None:
    claims = [claim(1, 5, 0), claim(2, 5, 0), claim(1, 9, 1), claim(2, 3, 1)]
    assert lanes_ahead(claims) == [Lane(1, 3, 9, (2,))]


def test_of_different_sets_behind_on_different_partitions_one_company_is_chosen() -> None:
    claims = [claim(1, 5, 0), claim(2, 8, 0), claim(1, 9, 1), claim(2, 3, 1)]
    assert lanes_ahead(claims) == [Lane(0, 5, 8, (1,))]


def test_without_a_claim_there_is_nothing_to_read() -> None:
    assert lanes_ahead([]) == []
