"""One module per alert source: verify the signature, parse the payload."""
