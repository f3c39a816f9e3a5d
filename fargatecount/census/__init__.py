"""A census of an organization: one look into every account and Region by a read-only role, with nothing deployed in them."""
