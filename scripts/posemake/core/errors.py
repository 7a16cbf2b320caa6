"""core.errors."""


class PosemakeError(Exception):
    """Something the user gave or did: the message says what is wrong, where, and what to do."""
