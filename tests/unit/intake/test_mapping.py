"""A mapping is checked whole, and every fault is told with its place."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hepledger.intake.mapping import InvalidMapping, MappingNotFound, load_mapping, parse_mapping
from tests.support.intake import LABS, mapping

SOUND = LABS.strip()
FAULTY = """
colour = "blue"
[[file]]
type = "lab_result_recorded"
encoding = "klingon"
delimiter = ";;"
decimal = "."
thousands = "."
timezone = "Mars/Olympus"
dates = ["%d.%m.%Y", "%d"]
colums = {}
[file.columns]
patient = "PAT"
result_id = "{PAT/{ID}"
value = ""
analite = "TEST"
[file.fixed]
analyte = "GLUCOSE"
value = "5"
unit = "u/L"
[file.codes.unit]
"E/L" = "U/L"
[[file]]
type = "laboratory"
"""


def places(toml: str) -> list[str]:
    """Where a mapping is faulty."""
    return [fault.place for fault in invalid(toml).faults]


def invalid(toml: str) -> InvalidMapping:
    with pytest.raises(InvalidMapping) as raised:
        parse_mapping(tomllib.loads(toml))
    return raised.value


def test_a_sound_mapping_is_taken_as_it_is() -> None:
    (block,) = mapping(SOUND).file
    assert (block.type, block.match, block.decimal) == ("lab_result_recorded", ("*",), ".")


def test_all_faults_of_all_blocks_are_told_at_once() -> None:
    assert set(places(FAULTY)) == {
        "colour",
        "file[0].colums",
        "file[0].encoding",
        "file[0].delimiter",
        "file[0].thousands",
        "file[0].timezone",
        "file[0].dates[1]",
        "file[0].columns.result_id",
        "file[0].columns.value",
        "file[0].columns.analite",
        "file[0].columns.occurred_at",
        "file[0].fixed.value",
        "file[0].fixed.analyte",
        "file[0].fixed.unit",
        "file[0].codes.unit",
        "file[1].type",
    }


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("[file.codes.analyte]\nGPT = 'alt'", "file[0].codes.analyte.GPT"),
        ("[file.codes.value]\nlow = '5'", "file[0].codes.value"),
        ("[file.ignore]\nanalyte = ['GPT']\n[file.codes.analyte]\nGPT = 'ALT'", "file[0].ignore.analyte"),
        ("[file.ignore]\nunit = ['%']", "file[0].ignore.unit"),
        ("[file.ignore]\ncolour = ['blue']", "file[0].ignore.colour"),
    ],
)
def test_codes_must_lead_to_our_words_and_come_from_a_column(written: str, place: str) -> None:
    sound = SOUND.replace('analyte = "ALT"\n', "").replace("[file.columns]", '[file.columns]\nanalyte = "TEST"')
    assert set(places(f"{sound}\n{written}")) == {place}


@pytest.mark.parametrize(
    "toml", ["", "file = []", "file = 3", "[file]\ntype = 'lab_result_recorded'", "file = [1]", "title = 'empty'"]
)
def test_a_mapping_without_a_block_is_none(toml: str) -> None:
    assert places(toml)


def test_a_number_with_decimals_is_refused_as_a_fixed_value_because_its_digits_are_lost() -> None:
    assert places(f"{SOUND}\nreference_low = 10.50") == ["file[0].fixed.reference_low"]
    assert mapping(f"{SOUND}\nreference_low = 10").file[0].fixed["reference_low"] == "10"


def test_a_fixed_date_is_read_as_toml_has_it() -> None:
    assert mapping(f"{SOUND}\nreported_at = 2024-03-01").file[0].fixed["reported_at"] == "2024-03-01"


def test_the_message_names_the_file_and_what_was_expected() -> None:
    message = str(invalid(SOUND.replace("lab_result_recorded", "lab_result_record")))
    assert "mapping cannot be used" in message
    assert "found 'lab_result_record', expected lab_result_recorded? one of" in message


def test_blocks_without_a_name_get_one_each() -> None:
    wide = SOUND.replace("[[file]]", '[[file]]\nname = "wide"')
    named = mapping(f"{SOUND}\n{SOUND}\n{wide}")
    assert [block.name for block in named.file] == ["lab_result_recorded/ALT", "lab_result_recorded/ALT 2", "wide"]


def test_two_blocks_of_one_name_are_a_fault() -> None:
    block = SOUND.replace("[[file]]", '[[file]]\nname = "wide"')
    assert places(f"{block}\n{block}") == ["file"]


def test_files_are_matched_by_the_pattern_of_their_name() -> None:
    both = mapping(SOUND.replace("[[file]]", '[[file]]\nmatch = ["lab*.csv", "*.txt"]') + "\n" + SOUND)
    assert len(both.blocks_for("Labs-2024.CSV")) == 2
    assert len(both.blocks_for("visits.csv")) == 1


def test_a_file_that_is_not_there_not_toml_or_not_utf_8_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MappingNotFound, match=r"no\.toml"):
        load_mapping(tmp_path / "no.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[[file]\n")
    with pytest.raises(InvalidMapping, match="line 1"):
        load_mapping(broken)
    broken.write_bytes(b"title = '\xe4'")
    with pytest.raises(InvalidMapping, match="UTF-8"):
        load_mapping(broken)


def test_a_mapping_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    marked = tmp_path / "marked.toml"
    marked.write_bytes(b"\xef\xbb\xbf" + SOUND.encode())
    assert load_mapping(marked).file


def test_a_fixed_value_that_is_no_word_of_ours_is_told_once() -> None:
    faults = [fault for fault in invalid(FAULTY).faults if fault.place == "file[0].fixed.analyte"]
    assert [fault.found for fault in faults] == ["'GLUCOSE'"]


def test_a_mapping_that_is_not_utf_8_is_told_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_bytes(SOUND.encode() + "\n# 5 µmol\n".encode("cp1252"))
    with pytest.raises(InvalidMapping) as raised:
        load_mapping(file)
    (fault,) = raised.value.faults
    assert (fault.place, fault.found) == (f"line {SOUND.count(chr(10)) + 2}", "byte 0xb5, which is not UTF-8")
