"""What people see in Slack: pure functions from what is to Block Kit."""
