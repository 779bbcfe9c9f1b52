"""The matter: incidents, their lifecycle, people and services."""
