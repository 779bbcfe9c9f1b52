"""What Tocsin counts of itself, for Prometheus."""

from prometheus_client import Counter

WEBHOOKS = Counter(
    "tocsin_webhooks_total", "Webhooks received, by what became of them.", ["source", "outcome"]
)
