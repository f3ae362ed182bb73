"""What is read the short way is what the codec reads, and whatever is odd is left to the codec."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from hepledger.log.port import Entry
from hepledger.projection import arrivals
from hepledger.projection.arrivals import Arrival, read_entries
from hepledger.projection.results import read_result
from tests.support.builders import correction, lab, prescription, retraction
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import entries_of

(ORDINARY,) = entries_of([lab(analyte="ALT", alt="412", source="LAB/17", reported_at="2024-03-02T08:00:00+01:00")])

AS_GOOD = {
    "a correction": (b"lab_result_recorded", b"lab_result_corrected"),
    "no limit": (b'"reference_high":{"value":"40","comparator":"<="},', b""),
    "a limit of null": (b'{"value":"40","comparator":"<="}', b"null"),
    "flags": (b'"flags":[]', b'"flags":["haemolytic","lipaemic"]'),
    "a preliminary result": (b'"final"', b'"preliminary"'),
    "an amended result": (b'"final"', b'"amended"'),
    "a censored value": (b'"comparator":"="', b'"comparator":"<"'),
    "a name written in escapes": (b'"recordedat"', b'"\\u0072ecordedat"'),
    "a text written in escapes": (b'"LAB/17"', b'"\\ud83d\\ude00"'),
    "a name that comes twice": (b'"final"', b'"preliminary","status":"final"'),
    "a month": (b'"occurredat":"2024-03-01"', b'"occurredat":"2024-03"'),
    "no centre": (b'"centre":"LEE",', b""),
}
"""Read the short way."""

ODD = {
    "an extension": (b'"sourceid"', b'"traceparent":"00-ab","sourceid"'),
    "a version to come": (b"recorded.v1", b"recorded.v2"),
    "a version written otherwise": (b"recorded.v1", b"recorded.v01"),
    "another type": (b"lab_result_recorded", b"lab_result_finalised"),
    "another specification": (b'"specversion":"1.0"', b'"specversion":"1.1"'),
    "a sealed payload": (b'"data"', b'"data_base64":"AA==","keyid":"k","nodata"'),
    "data twice": (b'"sourceid"', b'"data_base64":"AA==","sourceid"'),
    "data twice, once null": (b'"sourceid"', b'"data_base64":null,"sourceid"'),
    "erased and not erased": (b'"sourceid"', b'"erasedby":"x","sourceid"'),
    "a key of data nobody knows": (b'"flags"', b'"colour":"red","flags"'),
    "a limit without comparator": (b'"value":"40","comparator":"<="', b'"value":"40"'),
    "a number": (b'"412"', b"412"),
    "no status": (b'"status":"final",', b""),
    "null for flags": (b'"flags":[]', b'"flags":null'),
    "null for the centre": (b'"centre":"LEE"', b'"centre":null'),
    "no id": (b'"id"', b'"eid"'),
    "text that is none": (b'"LAB/17"', b'"\xff"'),
    "a name that is no text": (b'"sourceid"', b'"\xff":1,"sourceid"'),
    "half a character": (b'"LAB/17"', b'"\\ud800"'),
    "a number that is none": (b'"flags"', b'"x":NaN,"flags"'),
    "too deep": (b'"sourceid"', b'"x":' + b"[" * 300 + b"]" * 300 + b',"sourceid"'),
    "half of it": (b'"status"', b""),
}
"""Left to the codec."""

WRONG = {
    "no such unit": (b'"U/L"', b'"U/mL"'),
    "no such analyte": (b'"ALT"', b'"CAT"'),
    "no number": (b'"412"', b'"much"'),
    "another patient": (b'"partitionkey":"LEE/', b'"partitionkey":"RDG/'),
    "a zero character": (b'"final"', b'"fi\\u0000nal"'),
    "a time without offset": (b'+00:00","centre"', b'","centre"'),
    "a time that is none": (b'"recordedat":"20', b'"recordedat":"x'),
    "a day that is none": (b'"occurredat":"2024-03-01"', b'"occurredat":"2024-13-01"'),
}
"""Read the short way, and refused in the same words."""


def changed(how: tuple[bytes, bytes]) -> bytes:
    assert how[0] in ORDINARY.payload, ORDINARY.payload
    return ORDINARY.payload.replace(*how)


def both_ways(payloads: Iterable[bytes], key: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Arrival, Arrival]]:
    entries = [Entry(3, offset, bytes(range(16)), key, payload) for offset, payload in enumerate(payloads)]
    short = read_entries(entries)
    monkeypatch.setattr(arrivals, "read_result", lambda _: None)
    return list(zip(short, read_entries(entries), strict=True))


@pytest.mark.parametrize("how", AS_GOOD.values(), ids=AS_GOOD)
def test_a_result_is_read_as_the_codec_reads_it(how: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    payload = changed(how)
    assert read_result(payload) is not None
    ((short, long),) = both_ways([payload], ORDINARY.key, monkeypatch)
    assert short == long
    assert short.version is not None


@pytest.mark.parametrize("how", ODD.values(), ids=ODD)
def test_what_is_odd_is_left_to_the_codec(how: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    payload = changed(how)
    assert read_result(payload) is None
    ((short, long),) = both_ways([payload], ORDINARY.key, monkeypatch)
    assert short == long


@pytest.mark.parametrize("how", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused_in_the_same_words(how: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    ((short, long),) = both_ways([changed(how)], ORDINARY.key, monkeypatch)
    assert short == long
    assert short.reason


def test_what_our_own_doors_wrote_of_results_is_read_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [lab(), correction(), lab(day="2024-02", limit=None)]
    assert all(read_result(entry.payload) is not None for entry in entries_of(said))
    assert all(read_result(entry.payload) is None for entry in entries_of([prescription(), retraction("R1")]))
    cohort = [entry.payload for entry in new_entries(patients=3, events_of_each=60)]
    assert sum(read_result(payload) is not None for payload in cohort) > len(cohort) * 9 // 10
    for short, long in both_ways(cohort, "LEE/P000001", monkeypatch):
        assert short == long
