"""REST, version 1: bearer tokens, RFC 9457 errors, cursors, ``Idempotency-Key`` on every POST."""
