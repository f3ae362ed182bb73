"""The centre that sends spreadsheets: its columns, its words, its decimal comma and its day-first dates.

The mapping file that reads them back (`ham_mapping.toml`) is delivered with them, as it would be written for a real centre.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, Final

from hepledger.demo.letters import Sent

BYTE_ORDER_MARK: Final = "\ufeff"

_ANALYTES: Final = {
    "ALT": "GPT (ALAT)", "AST": "GOT (ASAT)", "ALP": "AP", "GGT": "GGT", "BILI": "Bilirubin ges.", "ALB": "Albumin",
    "IGG": "IgG", "INR": "INR", "PLT": "Thrombozyten", "CREA": "Kreatinin", "TAC": "Tacrolimus",
}  # fmt: skip
_UNITS: Final = {
    "U/L": "U/l",
    "mg/dL": "mg/dl",
    "g/dL": "g/dl",
    "g/L": "g/l",
    "1": "ohne",
    "10*3/uL": "Tsd/µl",
    "ng/mL": "ng/ml",
}
_DRUGS: Final = {
    "prednisolone": "Prednisolon", "budesonide": "Budesonid", "azathioprine": "Azathioprin",
    "mycophenolate_mofetil": "Mycophenolat-Mofetil", "tacrolimus": "Tacrolimus",
}  # fmt: skip
_SEXES: Final = {"female": "w", "male": "m"}

_RESULTS: Final = "Patient;Auftrag;Parameter;Wert;Einheit;Referenz;Abnahme;Befund;Status;Hinweis"
_DRUG_CHART: Final = "Patient;Verordnung;Wirkstoff;Tagesdosis (mg);Beginn;Ende;Absetzgrund;Anlass;Stand"

_SHEETS: Final[Mapping[str, tuple[str, str]]] = {
    "patient_enrolled": ("patienten", "Patient;Geschlecht;Geburtsjahr;Diagnose am;Aufnahme am"),
    "lab_result_recorded": ("labor", _RESULTS),
    "lab_result_corrected": ("labor", _RESULTS),
    "lab_result_retracted": ("storno", "Patient;Auftrag;Grund;Stand"),
    "prescription_recorded": ("medikation", _DRUG_CHART),
    "prescription_corrected": ("medikation-ende", _DRUG_CHART),
    "adverse_event_recorded": ("ereignisse", "Patient;Ereignis;Tag;Begriff;Grad;Verdacht;Maßnahme"),
    "biopsy_recorded": ("biopsien", "Patient;Biopsie;Tag;mHAI;Ishak"),
    "transplant_recorded": ("transplantationen", "Patient;Tag"),
    "death_recorded": ("todesfaelle", "Patient;Tag;Ursache"),
}
"""Type of submission → the sheet it goes to, and its header."""


def mapping_file() -> bytes:
    """The mapping file of the centre."""
    return files("hepledger.demo").joinpath("ham_mapping.toml").read_bytes()


def spreadsheets(sent: Iterable[Sent]) -> dict[str, bytes]:
    """The sheets (name without ending → content) that hold the given statements, in their order."""
    rows: dict[str, list[Sequence[str]]] = {}
    for each in sent:
        name, header = _SHEETS[each.submission["type"]]
        rows.setdefault(name, [header.split(";")]).append(_row(name, each))
    return {name: _written(sheet) for name, sheet in rows.items()}


def _written(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def _row(sheet: str, sent: Sent) -> list[str]:
    said: dict[str, Any] = sent.submission
    data: dict[str, Any] = said["data"]
    day = _german(said.get("occurred_at"))
    patient = said["patient"]
    match sheet:
        case "labor":
            return [patient, *_result(sent, data), day, *_standing(said["type"], data)]
        case "storno":
            return [patient, data["result_id"], "falscher Patient", _german(data["reported_at"])]
        case "medikation" | "medikation-ende":
            return [patient, *_prescription(data)]
        case "patienten":
            days = (_german(data["diagnosed_on"]), _german(data["enrolled_on"]))
            return [patient, _SEXES[data["sex"]], str(data["birth_year"]), *days]
        case "ereignisse":
            suspected = _DRUGS.get(data["suspected_drug"], "")
            return [patient, data["event_id"], day, data["term"], str(data["grade"]), suspected, data["action"]]
        case "biopsien":
            return [patient, data["biopsy_id"], day, data["activity_index"], data["fibrosis_stage"]]
        case "transplantationen" | "todesfaelle":
            return [patient, _german(data["on"]), *([data["cause"]] if "cause" in data else [])]
        case _:
            raise ValueError(f"no sheet is called {sheet!r}")


def _result(sent: Sent, data: Mapping[str, Any]) -> list[str]:
    comparator = data.get("comparator", "=")
    value = ("" if comparator == "=" else comparator) + data["value"].replace(".", ",")
    analyte = _ANALYTES.get(data["analyte"], data["analyte"])
    return [data["result_id"], analyte, value, _UNITS[data["unit"]], sent.printed_limit]


def _standing(kind: str, data: Mapping[str, Any]) -> list[str]:
    status = "korrigiert" if kind == "lab_result_corrected" else "endgültig"
    return [_german(data["reported_at"]), status, "hämolytisch" if data.get("flags") else ""]


def _prescription(data: Mapping[str, Any]) -> list[str]:
    dose = data["dose"]["value"].replace(".", ",")
    days = (_german(data["started_on"]), _german(data["stopped_on"]))
    why = (data.get("stop_reason") or "", "|".join(data["indications"]), _german(data["reported_at"]))
    return [data["prescription_id"], _DRUGS[data["drug"]], dose, *days, *why]


def _german(when: str | None) -> str:
    """A date as `14.03.2021`, a date-time as `14.03.2021 08:15` by the clock of the ward."""
    if not when:
        return ""
    moment = datetime.fromisoformat(when)
    return moment.strftime("%d.%m.%Y" if len(when) == len("2021-03-14") else "%d.%m.%Y %H:%M")
