"""A cluster to practise on: a real control plane where one is at hand, else a small twin of its API."""
