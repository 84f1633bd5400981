"""Sources: tables of databases that others write to, followed into compacted topics."""
