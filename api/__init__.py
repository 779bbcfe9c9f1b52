"""The door: webhooks, REST, the console."""
