"""The page on which a person plays in the workspace."""
