"""Verbs: one file per system; no incident, no chat, no database in here."""
