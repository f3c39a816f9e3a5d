"""Queue messages become facts; what cannot be processed is kept and can be replayed."""
