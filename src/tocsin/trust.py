"""Which servers are trusted: the system's authorities, and those of TOCSIN_CA_BUNDLE."""

import ssl
from functools import lru_cache


@lru_cache(maxsize=8)
def trusting(ca_bundle: str | None) -> ssl.SSLContext:
    """Return the context for clients, made once: reading the system's authorities takes tens of milliseconds.

    Raise OSError when ``ca_bundle`` cannot be read, ssl.SSLError when it holds no certificate.
    """
    context = ssl.create_default_context()
    if ca_bundle is not None:
        context.load_verify_locations(ca_bundle)
    return context
