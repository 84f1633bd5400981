"""The web of the suite: one file a resource."""
