"""What looks like a secret is masked wherever something is written down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.secrets import MASK, redact, redact_text


@pytest.mark.parametrize(
    ("text", "canary"),
    [
        ("token xoxb-1234567890-abcdef", "xoxb-1234567890-abcdef"),
        ("AKIAIOSFODNN7EXAMPLE is the key", "AKIAIOSFODNN7EXAMPLE"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
        ("Authorization: Bearer abcdefghijklmnop1234", "abcdefghijklmnop1234"),
        ("Token token=y_NbAkKc66ryYTWUXYEu", "y_NbAkKc66ryYTWUXYEu"),
        ("postgresql://tocsin:hunter22@db/tocsin", "hunter22"),
        ('{"password": "correct horse"}', "correct"),
        ("api_key=0123456789abcdef&x=1", "0123456789abcdef"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4", "SflKxwRJSMeKKF2QT4"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
    ],
)
def test_a_secret_is_masked(text: str, canary: str) -> None:
    assert canary not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "Checkout API: error rate above 5 % after deploy",
        "registry.example/checkout:1.4.2",
        "the secret of comedy is timing",
        "https://acme.pagerduty.com/incidents/PGR0VU2",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert redact_text(text) == text


def test_redaction_reaches_every_depth() -> None:
    assert redact({"a": [{"b": "xoxb-1234567890"}], "n": 1}) == {"a": [{"b": MASK}], "n": 1}


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redact_text(redact_text(text)) == redact_text(text)
