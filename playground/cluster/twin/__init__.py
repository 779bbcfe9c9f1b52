"""A small twin of the Kubernetes API, kept in memory, for machines without a control plane."""
