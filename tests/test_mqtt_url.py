"""KAWKA_MQTT_URL: where the broker is and who we are there."""

import pytest

from app.mqtt_url import MqttUrl
from app.settings import Settings, SettingsError


def test_the_scheme_says_whether_tls_is_used_and_which_port_is_usual() -> None:
    assert MqttUrl.parse("mqtt://broker") == MqttUrl("broker", 1883)
    assert MqttUrl.parse("mqtts://broker") == MqttUrl("broker", 8883, tls=True)
    assert MqttUrl.parse("mqtt://broker?version=3.1.1").version == "3.1.1"
    assert MqttUrl.parse("mqtt://[::1]:99/") == MqttUrl("::1", 99)


def test_user_and_password_may_hold_any_character_and_are_never_shown() -> None:
    url = MqttUrl.parse("mqtts://fleet%40eu:p%3Aq%2F@broker:8000")
    assert (url.username, url.password) == ("fleet@eu", "p:q/")
    assert url.shown == "mqtts://broker:8000"
    assert MqttUrl("::1", 1).shown == "mqtt://[::1]:1"


@pytest.mark.parametrize(
    "url",
    ["broker:1883", "http://broker", "mqtt://", "mqtt://a:99999", "mqtt://a/topic", "mqtt://a?version=4", "mqtt://["],
)
def test_what_is_no_address_of_a_broker_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^KAWKA_MQTT_URL cannot be used: .*\.$"):
        Settings.from_env({"KAWKA_MQTT_URL": url})


def test_a_share_has_a_plain_name() -> None:
    with pytest.raises(SettingsError, match="KAWKA_MQTT_SHARE"):
        Settings.from_env({"KAWKA_MQTT_SHARE": "a/b"})
