"""How the program reaches PostgreSQL: pools, named queries, locks, the embedded server, versions."""
