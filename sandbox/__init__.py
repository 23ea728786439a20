"""A pretend Attic Tech and a pretend Telegram behind real sockets, to try and test the program
with.
"""
