"""Kubernetes: scale and roll back Deployments, and look at them."""
