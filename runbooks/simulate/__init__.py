"""Runs of runbooks in a world that a file declares, in virtual time: ``tocsin runbook test``."""
