"""What to do: the runbook language, its revisions, the conductor and the worker."""
