"""The two ways in which a command ends badly; the text of each is for whoever typed it."""


class CommandFailed(Exception):
    """What went wrong, and what to do about it; exit code 1."""


class UsageFailed(Exception):
    """What is wrong with how the command was called or configured, one fact a line; exit code 2."""
