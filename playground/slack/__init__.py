"""A Slack workspace on one machine: Web API, signed deliveries, Socket Mode, and a page to play in."""
