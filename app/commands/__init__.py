"""The nouns of the command line, one a file."""
