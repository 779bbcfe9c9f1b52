"""Tocsin: incident response and runbook automation on one event log."""
