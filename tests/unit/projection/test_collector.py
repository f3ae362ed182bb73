from __future__ import annotations

import gc

from hepledger.projection.collector import Collector


def test_the_collector_rests_within_and_works_again_after() -> None:
    assert gc.isenabled()
    with Collector().at_rest():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_collector_that_did_not_work_before_does_not_work_after() -> None:
    gc.disable()
    try:
        with Collector().at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
