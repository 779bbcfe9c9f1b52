"""A town to practise in: Slack, PagerDuty, a cluster and a cloud, emulated."""
