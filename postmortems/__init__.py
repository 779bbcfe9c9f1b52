"""Memory: timelines, metrics and postmortems, folded from the log."""
