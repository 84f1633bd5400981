"""Settings come from the environment, and what cannot be used is refused in one sentence."""

from pathlib import Path

import pytest

from app.settings import Settings, SettingsError, describe


def refusal(**env: str) -> str:
    with pytest.raises(SettingsError) as error:
        Settings.from_env(env)
    return str(error.value)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()


def test_variables_without_our_prefix_are_none_of_our_business() -> None:
    assert Settings.from_env({"PARTITIONS": "3", "HOME": "/root"}) == Settings()


def test_each_value_takes_the_type_of_its_field() -> None:
    settings = Settings.from_env(
        {"KAWKA_PARTITIONS": "4", "KAWKA_SESSION_TIMEOUT_S": "10.5", "KAWKA_DATA_DIR": "there", "KAWKA_API_TOKEN": "42"}
    )
    assert (settings.partitions, settings.session_timeout_s) == (4, 10.5)
    assert (settings.data_dir, settings.api_token) == (Path("there"), "42")


def test_services_are_a_list_with_commas() -> None:
    assert Settings.from_env({"KAWKA_SERVICES": "orders, trucking,"}).services == ("orders", "trucking")


def test_an_empty_variable_of_an_optional_setting_unsets_it() -> None:
    assert Settings.from_env({"KAWKA_API_TOKEN": ""}).api_token is None


def test_a_misspelt_name_is_refused_with_the_likely_one() -> None:
    assert refusal(KAWKA_PARTITION="4") == "There is no setting KAWKA_PARTITION: did you mean KAWKA_PARTITIONS?"


def test_a_name_like_no_other_is_refused_with_where_to_look() -> None:
    assert refusal(KAWKA_ZZZ="4") == "There is no setting KAWKA_ZZZ: `kawka settings` lists those there are."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARTITIONS", "many"),
        ("PARTITIONS", "0"),
        ("WEB_PORT", "65536"),
        ("LOG_LEVEL", "loud"),
        ("HEARTBEAT_S", "-1"),
        ("SECURITY_PROTOCOL", "TLS"),
        ("PREFIX", ""),
    ],
)
def test_a_value_of_the_wrong_type_or_range_is_refused_by_name(name: str, value: str) -> None:
    assert refusal(**{"KAWKA_" + name: value}).startswith(f"KAWKA_{name}={value!r} cannot be used: Expected"[:30])


def test_every_interface_without_a_token_is_refused() -> None:
    assert "KAWKA_API_TOKEN" in refusal(KAWKA_WEB_HOST="0.0.0.0")
    assert "KAWKA_API_TOKEN" in refusal(KAWKA_WEB_HOST="kawka.example", KAWKA_API_TOKEN="")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_token(host: str) -> None:
    assert Settings.from_env({"KAWKA_WEB_HOST": host}).loopback


def test_any_address_is_fine_with_a_token() -> None:
    assert not Settings.from_env({"KAWKA_WEB_HOST": "0.0.0.0", "KAWKA_API_TOKEN": "s3cret"}).loopback


def test_a_heartbeat_that_leaves_no_second_chance_is_refused() -> None:
    assert "KAWKA_HEARTBEAT_S=4" in refusal(KAWKA_HEARTBEAT_S="4")


def test_sasl_without_a_name_and_password_is_refused() -> None:
    assert "KAWKA_SASL_PASSWORD" in refusal(KAWKA_SECURITY_PROTOCOL="SASL_SSL", KAWKA_SASL_USERNAME="ada")


def test_clients_get_the_login_and_encryption_that_were_set() -> None:
    settings = Settings(security_protocol="SASL_SSL", sasl_mechanism="PLAIN", sasl_username="ada", sasl_password="x")
    arguments = settings.kafka()
    assert arguments.pop("ssl_context").verify_mode.name == "CERT_REQUIRED"
    assert arguments == {
        "bootstrap_servers": "127.0.0.1:9092",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "ada",
        "sasl_plain_password": "x",
    }


def test_a_certificate_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KAWKA_SSL_"):
        Settings(security_protocol="SSL", ssl_cafile=tmp_path / "missing.pem").kafka()


def test_another_process_gets_equal_settings_through_its_environment() -> None:
    settings = Settings(services=("a", "b"), api_token="x", data_dir=Path("d"), web_port=7000, session_timeout_s=9.5)
    assert Settings.from_env(settings.env()) == settings


def test_secrets_are_not_shown_anywhere() -> None:
    secret = "hunter2"
    settings = Settings(sasl_password=secret, api_token=secret, postgres_url=f"postgresql://u:{secret}@h/d")
    assert secret not in str(describe(settings))
    assert "***" in str(describe(settings))


def test_every_setting_says_what_it_means() -> None:
    assert all(row["description"] for row in describe(Settings()))
