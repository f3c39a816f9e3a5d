"""A batch of messages becomes facts; what cannot be processed is kept and can be replayed."""
