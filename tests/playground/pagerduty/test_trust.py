"""The practice authority, who trusts it, and the command that serves under it."""

import sys
from pathlib import Path

import httpx2
import pytest

from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.serving import ServedChild, free_port
from tocsin.playground.tls import PracticeCA


def test_foreign_ca_variables_do_not_keep_the_pager_out(
    address: str, ca: PracticeCA, pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")

    with Pager(address, ca.ca_pem) as other:
        assert other.state().incidents == ()


def test_a_client_without_the_practice_ca_does_not_trust_it(address: str, pager: Pager) -> None:
    with pytest.raises(httpx2.ConnectError, match="certificate verify failed"), Pager(address) as other:
        other.state()


def test_an_authority_made_before_is_used_again(ca: PracticeCA) -> None:
    before = ca.ca_pem.read_bytes()

    assert PracticeCA(ca.ca_pem.parent).ca_pem.read_bytes() == before


def test_the_command_serves_the_api_over_tls_and_the_page_without(tmp_path: Path) -> None:
    port, page_port = free_port(), free_port()
    PracticeCA(tmp_path)
    options = [f"--port={port}", f"--page-port={page_port}", f"--ca-folder={tmp_path}"]
    page = f"http://127.0.0.1:{page_port}/"
    with (
        ServedChild([sys.executable, "-m", "tocsin.playground.pagerduty", *options], page),
        Pager(f"https://127.0.0.1:{port}", tmp_path / "ca.pem") as over_tls,
    ):
        served = httpx2.get(page, trust_env=False).text
        incident = over_tls.trigger("5xx above 5 %")

    assert "Practice PagerDuty" in served
    assert incident.html_url == f"{page}web/incidents/{incident.id}"
