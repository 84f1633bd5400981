"""The stream processors of the suite: one file an agent."""
