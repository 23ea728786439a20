"""How the program reaches PostgreSQL: pools, named queries, locks, the embedded server, the schema's version."""
