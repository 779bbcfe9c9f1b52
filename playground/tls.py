"""A certificate authority for practice: the `pagerduty` client takes nothing but https."""

import ssl
from pathlib import Path

import trustme
from pydantic import BaseModel, ConfigDict

from tocsin import trust

LOCAL_NAMES = ("127.0.0.1", "localhost")


class ServerCertificate(BaseModel):
    """Where a server's certificate chain and its key lie, both PEM."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain: Path
    key: Path


class PracticeCA:
    """An authority kept in a folder, so that a client that trusts it still does after a restart.

    The folder holds `ca.pem`, for clients to trust, and the authority's own key: it is for practice only.
    """

    def __init__(self, folder: Path) -> None:
        self.ca_pem = folder / "ca.pem"
        self._folder = folder
        self._authority = self._load_or_make(folder / "ca.key")

    def server_certificate(self) -> ServerCertificate:
        """Issue a certificate for this machine's own names and write it beside the authority."""
        issued = self._authority.issue_cert(*LOCAL_NAMES)
        certificate = ServerCertificate(chain=self._folder / "server.pem", key=self._folder / "server.key")
        _write_private(certificate.key, issued.private_key_pem.bytes())
        certificate.chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        return certificate

    def _load_or_make(self, key: Path) -> trustme.CA:
        if self.ca_pem.exists() and key.exists():
            return trustme.CA.from_pem(self.ca_pem.read_bytes(), key.read_bytes())
        self._folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA(
            organization_name="Tocsin practice", organization_unit_name="Trust for practice only"
        )
        _write_private(key, authority.private_key_pem.bytes())
        self.ca_pem.write_bytes(authority.cert_pem.bytes())
        return authority


def trusting(ca_pem: Path | None) -> ssl.SSLContext:
    """Return a client context that trusts this authority and no other; the system's where there is none."""
    return trust.trusting(None) if ca_pem is None else ssl.create_default_context(cafile=ca_pem)


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
