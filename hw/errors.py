"""The one exception that means "the user can mend this"."""

__all__ = ["ThriftyError"]


class ThriftyError(Exception):
    """A problem that its message explains in one line: what, where, and what to do.

    The command line prints the message and exits with code 1; every other exception is a bug.
    """
