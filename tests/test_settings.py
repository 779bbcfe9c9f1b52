"""Settings: where they come from, and the one line that a wrong one gets."""

from pathlib import Path

import pytest

from tocsin.errors import BadSetting
from tocsin.settings import load


def test_nothing_has_to_be_set() -> None:
    assert load({}).base_url == "http://127.0.0.1:8080"


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-from-a-file\n")
    token = load({"TOCSIN_SLACK_BOT_TOKEN_FILE": str(tmp_path / "token")}).slack_bot_token
    assert token is not None
    assert token.get_secret_value() == "xoxb-from-a-file"


def test_tocsin_yaml_holds_settings_and_what_the_organisation_decides(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("settings: { base_url: https://t.example }\nannouncements: ops\n")
    settings = load({"TOCSIN_CONFIG": str(tmp_path / "tocsin.yaml")})
    assert (settings.base_url, settings.organisation.announcements) == ("https://t.example", "ops")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("settings: { log_level: DEBUG }\n")
    environ = {"TOCSIN_CONFIG": str(tmp_path / "tocsin.yaml"), "TOCSIN_LOG_LEVEL": "ERROR"}
    assert load(environ).log_level == "ERROR"


def test_every_webhook_secret_counts() -> None:
    settings = load({"TOCSIN_PAGERDUTY_WEBHOOK_SECRETS": "new, old,"})
    assert settings.webhook_secrets == [b"new", b"old"]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TOCSIN_BASE_URL": "tocsin.example"}, "TOCSIN_BASE_URL: must start with http"),
        ({"TOCSIN_PAGERDUTY_API_URL": "http://pd"}, "TOCSIN_PAGERDUTY_API_URL: must start with https://"),
        ({"TOCSIN_DATABASE_URL": "mysql://x"}, "TOCSIN_DATABASE_URL: must be a postgresql:// URL"),
        ({"TOCSIN_LOG_LEVEL": "LOUD"}, "TOCSIN_LOG_LEVEL: Input should be 'DEBUG'"),
        ({"TOCSIN_SECRET_KEY": "short"}, "TOCSIN_SECRET_KEY: Value should have at least 16 items"),
        ({"TOCSIN_SLAK_BOT_TOKEN": "x"}, "TOCSIN_SLAK_BOT_TOKEN: there is no such setting"),
        ({"TOCSIN_CONFIG": "nowhere.yaml"}, "TOCSIN_CONFIG: cannot read nowhere.yaml"),
        ({"TOCSIN_SECRET_KEY_FILE": "nowhere"}, "TOCSIN_SECRET_KEY_FILE: cannot read nowhere"),
    ],
)
def test_a_wrong_setting_gets_one_line_that_names_it(environ: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words) as caught:
        load(environ)
    assert "\n" not in str(caught.value)


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(BadSetting) as caught:
        load({"TOCSIN_SECRET_KEY": "s3cr3t"})
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("default_severity: sev9\n", "default_severity is 'sev9'; the severities are sev1"),
        ("services: { a: { name: A, severity: bad } }\n", "services.a.severity is 'bad'"),
        ("statuses: [resolved]\n", "resolved is always there"),
        ("severitys: []\n", "severitys: Extra inputs are not permitted"),
        ('connections: { "ftp:x": {} }\n', "connections.ftp:x"),
        ("services: [\n", "not YAML"),
        ("- a\n", "must be a mapping"),
    ],
)
def test_a_wrong_tocsin_yaml_gets_one_line_that_names_the_key(tmp_path: Path, yaml: str, words: str) -> None:
    (tmp_path / "tocsin.yaml").write_text(yaml)
    with pytest.raises(BadSetting, match=words) as caught:
        load({"TOCSIN_CONFIG": str(tmp_path / "tocsin.yaml")})
    assert "\n" not in str(caught.value)
