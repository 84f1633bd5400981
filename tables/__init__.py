"""The tables of the suite: one file a table set."""
