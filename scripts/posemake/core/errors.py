"""Errors for the user."""


class PosemakeError(Exception):
    """Error in what the user gave or did; its message says what is wrong, where, and what to do."""
