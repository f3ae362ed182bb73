"""The door for CSV: what a mapping makes of a table."""

from __future__ import annotations

import pytest

from hepledger.intake.csv import reread
from hepledger.intake.normalise import Accepted, normalise
from hepledger.intake.records import Candidate, FileRefused, Ignored, Rejection
from tests.support.intake import HEADER, LABS, content, faults, mapping, normal, readings

CODED = LABS.replace('analyte = "ALT"\nunit = "U/L"\n', "").replace(
    "[file.columns]", '[file.columns]\nanalyte = "TEST"\nunit = "UNIT"'
)
ROW = "LEE-001,1,2024-03-01,412,40\n"


def one(row: str, toml: str = LABS, header: str = HEADER) -> Accepted | Rejection | Ignored:
    """What becomes of a table of one row."""
    (item,) = normal(header + row, toml)
    return item


def setting(line: str, toml: str = LABS) -> str:
    """The mapping with a setting more."""
    return toml.replace("[[file]]", f"[[file]]\n{line}")


def test_a_row_becomes_a_submission_of_its_centre() -> None:
    item = one(ROW)
    assert isinstance(item, Accepted)
    assert (item.submission.centre, item.submission.patient) == ("LEE", "LEE-001")
    assert item.submission.occurred_at == "2024-03-01"
    assert content(item) == {
        "result_id": "1",
        "analyte": "ALT",
        "value": "412",
        "comparator": "=",
        "unit": "U/L",
        "reference_high": {"value": "40", "comparator": "<="},
        "status": "final",
        "flags": [],
    }


def test_decimal_comma_day_first_dates_and_censored_values_are_read_as_the_mapping_says() -> None:
    toml = setting('decimal = ","\ndelimiter = ";"\ndates = ["%d.%m.%Y %H:%M", "%d.%m.%Y"]\ntimezone = "Europe/Berlin"')
    header = HEADER.replace(",", ";")
    item = one("LEE-001;1;01.03.2024 08:30;<3,30;4,3 bis 6,2\n", toml, header)
    assert isinstance(item, Accepted)
    assert item.submission.occurred_at == "2024-03-01T08:30:00+01:00"
    assert (content(item)["value"], content(item)["comparator"]) == ("3.30", "<")
    assert content(item)["reference_high"] == {"value": "6.2", "comparator": "<="}


def test_all_faults_of_a_row_are_told_at_once_by_column() -> None:
    told = {column: found for column, found, _ in faults(one(",1,01.03.2024,3,n/a\n".replace("3,n", '"3,3",n')))}
    assert told == {"DAY": "'01.03.2024'", "ALT": "'3,3'", "LIMIT": "'n/a'", "PAT": "nothing"}


def test_a_cell_that_cannot_be_read_is_not_also_told_to_be_missing() -> None:
    assert [column for column, _, _ in faults(one("LEE-001,1,2024-03-01,high,40\n"))] == ["ALT"]


def test_a_time_without_offset_says_what_the_mapping_lacks() -> None:
    ((column, _, expected),) = faults(one("LEE-001,1,2024-03-01T08:30,412,40\n"))
    assert column == "DAY"
    assert "timezone" in expected


def test_codes_are_translated_and_an_unknown_one_says_where_to_add_it() -> None:
    toml = f'{CODED}\n[file.codes.analyte]\nGPT = "ALT"\n[file.codes.unit]\n"E/l" = "U/L"\n'
    header = "PAT,ID,DAY,ALT,LIMIT,TEST,UNIT\n"
    good, bad = normal(f"{header}P,1,2024-03-01,412,40,GPT,E/l\nP,2,2024-03-01,412,40,GOT,U/L\n", toml)
    assert (content(good)["analyte"], content(good)["unit"]) == ("ALT", "U/L")
    told = {column: expected for column, _, expected in faults(bad)}
    assert "[file.codes.analyte]" in told["TEST"]
    assert "[file.codes.unit]" in told["UNIT"]


def test_a_code_that_is_left_out_on_purpose_is_counted_with_its_reason() -> None:
    toml = f'{CODED}\n[file.codes.analyte]\nGPT = "ALT"\n[file.ignore]\nanalyte = ["GLUC"]\n'
    item = one("P,1,2024-03-01,5,,GLUC,?\n", toml, "PAT,ID,DAY,ALT,LIMIT,TEST,UNIT\n")
    assert isinstance(item, Ignored)
    assert item.reason == "TEST is 'GLUC'"


@pytest.mark.parametrize("unit", ["u/L", "mg/dL", "U/l", "", "U / L"])
def test_a_unit_that_is_not_on_the_analytes_list_is_refused_never_guessed(unit: str) -> None:
    told = faults(one(f"P,1,2024-03-01,412,40,ALT,{unit}\n", CODED, "PAT,ID,DAY,ALT,LIMIT,TEST,UNIT\n"))
    assert [column for column, _, _ in told] == ["UNIT"]


def test_a_template_joins_columns_and_is_empty_where_one_of_them_is() -> None:
    toml = LABS.replace('result_id = "ID"', 'result_id = "{PAT}/{ID}"')
    good, bad = normal(f"{HEADER}P,1,2024-03-01,412,40\nP,,2024-03-01,412,40\n", toml)
    assert content(good)["result_id"] == "P/1"
    assert [(column, found) for column, found, _ in faults(bad)] == [("{PAT}/{ID}", "nothing")]


def test_a_template_may_name_columns_with_dots_and_brackets() -> None:
    toml = LABS.replace('result_id = "ID"', 'result_id = "{Lab.ID}-{No[1]}"')
    (item,) = normal(f"Lab.ID,No[1],{HEADER}7,8,{ROW}", toml)
    assert content(item)["result_id"] == "7-8"


def test_a_wide_row_holds_a_record_for_each_block_and_each_is_judged_alone() -> None:
    ast = LABS.replace('"ALT"', '"AST"').replace('result_id = "ID"', 'result_id = "{ID}/AST"')
    alt, bad = normal("PAT,ID,DAY,ALT,AST,LIMIT\nP,1,2024-03-01,412,high,40\n", LABS + ast)
    assert content(alt)["analyte"] == "ALT"
    assert [column for column, _, _ in faults(bad)] == ["AST"]


def test_a_row_with_an_empty_column_gives_no_record_where_the_mapping_says_so() -> None:
    deaths = """
    [[file]]
    type = "patient_enrolled"
    [file.columns]
    patient = "PAT"
    [[file]]
    type = "death_recorded"
    skip_when_empty = ["DIED"]
    [file.columns]
    patient = "PAT"
    on = "DIED"
    """
    items = normal("PAT,DIED\nA,\nB,2024-03-01\n", deaths)
    kinds = [item.submission.type for item in items if isinstance(item, Accepted)]
    assert kinds == ["patient_enrolled", "patient_enrolled", "death_recorded"]


def test_a_row_that_no_block_makes_anything_of_is_still_accounted_for() -> None:
    items = normal(f"{HEADER}P,1,2024-03-01,,40\n{ROW}", setting('skip_when_empty = ["ALT"]'))
    assert [type(item) for item in items] == [Ignored, Accepted]


def test_flags_are_a_list_in_one_cell() -> None:
    toml = (
        LABS.replace("[file.columns]", '[file.columns]\nflags = "F"')
        + '[file.codes.flags]\nH = "haemolysed"\nL = "lipaemic"'
    )
    (item,) = normal(f"F,{HEADER}H; L,{ROW}", toml)
    assert content(item)["flags"] == ["haemolysed", "lipaemic"]


def test_an_empty_cell_may_be_a_code() -> None:
    toml = '[[file]]\ntype = "patient_enrolled"\n[file.columns]\npatient = "P"\nsex = "S"\n[file.codes.sex]\n"" = "unknown"\nF = "female"'
    (item,) = normal("P,S\nLEE-001,\n", toml)
    assert content(item)["sex"] == "unknown"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_finds_the_columns(delimiter: str) -> None:
    item = one(ROW.replace(",", delimiter), LABS, HEADER.replace(",", delimiter))
    assert content(item)["value"] == "412"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_a_byte_order_mark_says_the_encoding(encoding: str) -> None:
    toml = LABS.replace('"PAT"', '"Bücher"')
    (item,) = normal((HEADER.replace("PAT", "Bücher") + ROW).encode(encoding), toml)
    assert content(item)["value"] == "412"


def test_another_encoding_is_said_by_the_mapping() -> None:
    toml = LABS.replace("[file.columns]", '[file.columns]\nflags = "F"')
    table = f"F,{HEADER}hämolytisch,{ROW}".encode("cp1252")
    (good,) = normal(table, setting('encoding = "cp1252"', toml))
    assert content(good)["flags"] == ["hämolytisch"]
    (bad,) = normal(table, toml)
    ((_, found, expected),) = faults(bad)
    assert "byte 0xe4" in found
    assert "encoding" in expected


@pytest.mark.parametrize(
    ("table", "column", "found"),
    [
        ("PAT,ID,DAY,LIMIT\n", "ALT", "no such column"),
        ("PAT,ID,DAY,ALT,ALT,LIMIT\n", "ALT", "2 columns of that name"),
        ('PAT,ID,DAY,"ALT\n', None, "a quotation mark that opens a cell"),
        ("P\xc4T,ID\n", "PAT", "no such column"),
    ],
)
def test_a_header_that_does_not_fit_the_mapping_refuses_the_file(table: str, column: str | None, found: str) -> None:
    with pytest.raises(FileRefused) as raised:
        readings(table)
    fault = raised.value.faults[0]
    assert (fault.row, fault.column) == (1, column)
    assert fault.found.startswith(found)


def test_all_missing_columns_of_all_blocks_are_told_at_once() -> None:
    with pytest.raises(FileRefused) as raised:
        readings("A,B\n", LABS + LABS.replace('"LIMIT"', '"HIGH"'))
    assert {fault.column for fault in raised.value.faults} == {"PAT", "ID", "DAY", "ALT", "LIMIT", "HIGH"}


def test_a_column_nobody_asks_for_may_be_there_twice() -> None:
    (item,) = normal(f"X,X,{HEADER}1,2,{ROW}")
    assert isinstance(item, Accepted)


def test_a_file_that_no_block_matches_is_said_so() -> None:
    with pytest.raises(FileRefused, match="no block of the mapping matches"):
        readings(HEADER, setting('match = "labs*.csv"'), "visits.csv")


def test_blocks_that_read_one_file_must_agree_about_its_bytes() -> None:
    with pytest.raises(FileRefused, match="one encoding for one file"):
        readings(HEADER, setting('encoding = "cp1252"') + setting('encoding = "utf-8"'))


def test_the_bytes_of_a_row_are_kept_as_they_came() -> None:
    (good, bad) = readings(f'{HEADER}{ROW}"P\r\nQ",1,2024-03-01,high,40\r\n')
    assert good.record.raw == ROW.encode()
    assert bad.record.raw == b'"P\r\nQ",1,2024-03-01,high,40\r\n'
    assert bad.record.row == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_a_kept_row_is_read_again_from_its_bytes(encoding: str) -> None:
    (first,) = readings((HEADER + ROW).encode(encoding))
    (again,) = reread(first.record)
    assert isinstance(first, Candidate)
    assert isinstance(again, Candidate)
    assert again.submission == first.submission


def test_a_kept_row_is_read_again_under_a_mended_mapping() -> None:
    (first,) = readings(f"{HEADER}LEE-001,1,01.03.2024,412,40\n")
    assert isinstance(normalise(first, "LEE"), Rejection)
    (again,) = reread(first.record, mapping(setting('dates = ["%d.%m.%Y"]')))
    assert isinstance(normalise(again, "LEE"), Accepted)


def test_a_row_in_the_wrong_encoding_is_read_again_under_a_mapping_that_says_it() -> None:
    toml = LABS.replace("[file.columns]", '[file.columns]\nflags = "F"')
    (first,) = readings(f"F,{HEADER}ä,{ROW}".encode("cp1252"), toml)
    (again,) = reread(first.record, mapping(setting('encoding = "cp1252"', toml)))
    assert content(normalise(again, "LEE"))["flags"] == ["ä"]


def test_a_row_is_not_read_again_by_a_mapping_that_does_not_know_it() -> None:
    (first,) = readings(f"{HEADER}{ROW}")
    for other in (setting('match = "other.csv"'), setting('name = "other"'), LABS.replace('"ALT"', '"GPT"', 1)):
        with pytest.raises(FileRefused):
            list(reread(first.record, mapping(other)))
