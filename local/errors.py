"""The errors of the embedded AWS, for the people who start it."""


class LocalError(Exception):
    """The embedded AWS could not complete a command; the text has the cause and the remedy in one line."""


class PortTakenError(LocalError):
    """Another program listens on the port: a port that was chosen here is chosen again, a port of the user's is reported."""
