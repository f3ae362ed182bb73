"""Nothing in the house is too long to be read, and the stop does stop."""

from __future__ import annotations

from tests.support.sizes import FUNCTION_STOP, MODULE_STOP, MODULE_WARNING, modules, survey, too_long


def module_of(lines: int) -> str:
    return "x = 1\n" * lines


def function_of(lines: int) -> str:
    return "def long() -> None:\n" + "    x = 1\n" * (lines - 1)


def test_no_module_and_no_function_of_the_house_is_too_long() -> None:
    assert [str(long) for long in survey(modules()) if long.stop] == []


def test_the_survey_sees_this_very_module() -> None:
    assert any(path.name == "test_sizes.py" for path in modules())


def test_a_module_one_line_over_the_stop_is_caught() -> None:
    assert [long.stop for long in too_long("m", module_of(MODULE_STOP + 1))] == [True]
    assert [long.stop for long in too_long("m", module_of(MODULE_STOP))] == [False]


def test_a_module_over_the_warning_is_told_and_passes() -> None:
    assert [long.stop for long in too_long("m", module_of(MODULE_WARNING + 1))] == [False]
    assert list(too_long("m", module_of(MODULE_WARNING))) == []


def test_a_function_one_line_over_the_stop_is_caught_by_its_name() -> None:
    assert [long.where for long in too_long("m", function_of(FUNCTION_STOP + 1))] == ["m:1 long"]
    assert list(too_long("m", function_of(FUNCTION_STOP))) == []


def test_a_long_method_is_caught_as_well() -> None:
    inside = "class C:\n" + "".join(f"    {line}\n" for line in function_of(FUNCTION_STOP + 1).splitlines())

    assert [long.where for long in too_long("m", inside)] == ["m:2 long"]
