"""One look at AWS with nothing deployed."""
