"""What can go wrong on this machine."""


class LocalError(Exception):
    """Something here cannot be started; the message is one sentence for the person at the keyboard."""
