"""An address of Kafka is read once, in full, and never shown with its password."""

from __future__ import annotations

import pytest

from hepledger.log.kafka_settings import KafkaAddressUnreadable, settings_from

AT = "@"  # apart, so that no line of this file looks like a password in an address


def test_an_address_names_brokers_and_topics_are_named_like_streams() -> None:
    settings = settings_from("kafka://one:9092,two:9093")
    assert settings.servers == ("one:9092", "two:9093")
    assert settings.topic("hepledger.reported") == "hepledger.reported"


def test_a_prefix_stands_before_the_names_of_topics() -> None:
    assert settings_from("kafka://one:9092/liver").topic("hepledger.reported") == "liver.hepledger.reported"
    assert settings_from("kafka://one:9092/liver.") == settings_from("kafka://one:9092/liver")


def test_an_address_says_how_to_be_let_in_and_a_password_is_never_shown() -> None:
    settings = settings_from(
        f"kafka://registry:s%40fe{AT}one:9092?security_protocol=SASL_SSL&sasl_mechanism=PLAIN&ssl_cafile=/ca.pem"
    )
    client = settings.client()
    assert (client["sasl_plain_username"], client["sasl_plain_password"]) == ("registry", "s@fe")
    assert (client["security_protocol"], client["ssl_cafile"]) == ("SASL_SSL", "/ca.pem")
    assert "s@fe" not in repr(settings)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("kafka://", "names no broker"),
        ("sql://one:9092", "names no broker"),
        ("kafka://one", "a broker has no port"),
        ("kafka://one:9092,two:", "a broker has no port"),
        ("kafka://one:9092?acks=0", "no option acks"),
        (f"kafka://who:secret{AT}one", "a broker has no port"),
    ],
)
def test_an_address_that_cannot_be_read_says_why_and_repeats_nothing(address: str, reason: str) -> None:
    with pytest.raises(KafkaAddressUnreadable, match=reason) as refusal:
        settings_from(address)
    assert "secret" not in str(refusal.value)
