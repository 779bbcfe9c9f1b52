"""A PagerDuty to practise with: its REST API, Events API v2 and signed V3 webhooks, in memory, over TLS."""
