"""AWS: fail databases over, replace tasks, run SSM documents, set DNS records, and look at all of them."""
