"""Traffic made up for demonstrations and loads: pure generators, one a system."""
