"""What is held now and what it costs, in one shared shape."""
