"""Settings: options before variables before defaults, and every fault told."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepledger.config import config_from
from hepledger.errors import WrongUsage


def test_the_registry_is_in_hepledger_data_when_nobody_says_otherwise() -> None:
    assert config_from({}).database == Path("hepledger-data/hepledger.sqlite")


def test_an_option_beats_a_variable() -> None:
    environment = {"HEPLEDGER_HOME": "from-variable"}
    assert config_from(environment).home == Path("from-variable")
    assert config_from(environment, home="from-option").home == Path("from-option")


def test_a_home_option_beats_a_database_variable() -> None:
    config = config_from({"HEPLEDGER_DATABASE_URL": "sqlite:///elsewhere.db"}, home="here")
    assert config.home == Path("here")


def test_a_database_url_names_a_sqlite_file() -> None:
    assert config_from({}, database_url="sqlite:////data/registry.db").database == Path("/data/registry.db")


@pytest.mark.parametrize(
    ("environment", "options"),
    [
        ({}, {"home": "here", "database_url": "sqlite:///there.db"}),
        ({"HEPLEDGER_HOME": "here", "HEPLEDGER_DATABASE_URL": "sqlite:///there.db"}, {}),
        ({}, {"database_url": "mysql://host/db"}),
        ({}, {"database_url": "sqlite:///"}),
        ({}, {"log_url": "carrier-pigeon:"}),
    ],
)
def test_what_contradicts_itself_or_is_not_known_is_wrong_usage(
    environment: dict[str, str], options: dict[str, str]
) -> None:
    with pytest.raises(WrongUsage):
        config_from(environment, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_database_url_names_a_server_and_no_password_is_shown_of_it(scheme: str) -> None:
    config = config_from(
        {}, database_url=f"{scheme}://user:secret@db.example:5433/registry?password=secret&sslmode=require"
    )
    assert config.server == "postgresql://user:secret@db.example:5433/registry?password=secret&sslmode=require"
    assert config.place == "postgresql://db.example:5433/registry"


def test_a_log_url_names_kafka_or_the_database() -> None:
    assert config_from({}).kafka is None
    assert config_from({}, log_url="sql:").kafka is None
    assert config_from({"HEPLEDGER_LOG_URL": "kafka://one:9092,two:9092"}).kafka == "kafka://one:9092,two:9092"
    assert config_from({"HEPLEDGER_LOG_URL": "kafka://one:9092"}, log_url="sql:").kafka is None


def test_the_place_of_an_embedded_registry_is_its_file() -> None:
    assert config_from({}, home="here").place == "here/hepledger.sqlite"


@pytest.mark.parametrize("url", ["oracle://user:secret@host/db", "postgresql:", "postgresql://"])
def test_a_database_that_is_not_known_is_told_without_its_password(url: str) -> None:
    with pytest.raises(WrongUsage) as refusal:
        config_from({}, database_url=url)
    assert "secret" not in str(refusal.value)


def test_every_setting_that_cannot_be_read_is_told_at_once() -> None:
    with pytest.raises(WrongUsage) as refusal:
        config_from({"HEPLEDGER_PARTITIONS": "many", "HEPLEDGER_BATCH_SIZE": "0", "HEPLEDGER_PARKED_PERCENT": "50"})
    assert "HEPLEDGER_PARTITIONS=many" in str(refusal.value)
    assert "HEPLEDGER_BATCH_SIZE=0" in str(refusal.value)
    assert "PARKED_PERCENT" not in str(refusal.value)


@pytest.mark.parametrize("name", ["home", "database_url", "log_url"])
def test_an_option_that_is_given_and_empty_is_told_and_is_no_default(name: str) -> None:
    with pytest.raises(WrongUsage, match="is empty"):
        config_from({}, **{name: ""})  # type: ignore[arg-type]


def test_a_variable_that_is_empty_is_one_that_is_not_set() -> None:
    assert config_from({"HEPLEDGER_HOME": "", "HEPLEDGER_LOG_URL": ""}).home == Path("hepledger-data")
