"""What the tests' practice account is opened with."""

TOKEN = "a-practice-token"
SECRETS = ("the old secret", "the new secret")
REQUESTS_PER_MINUTE = 200
