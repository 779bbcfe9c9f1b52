"""People: what Slack sends and what it shows."""
