"""What goes wrong with the embedded AWS, as the people who started it see it."""


class LocalError(Exception):
    """The embedded AWS could not do what was asked; the text says what happened and what to do about it, in one line."""


class PortTakenError(LocalError):
    """Another program listens on the port: a port chosen by us is chosen again, one chosen by the user is reported."""
