"""How the program reaches PostgreSQL: pools, named SQL, locks, the embedded server, versions."""
