"""One file for each family of records. `registry.ENTITIES` lists them all; nothing is discovered."""
