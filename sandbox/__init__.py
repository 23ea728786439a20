"""A pretend Attic Tech and a pretend Telegram behind real sockets, to try the program and to test it with."""
