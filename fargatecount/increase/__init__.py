"""A higher quota: how much is needed, by past use and its growth, and what became of the requests for it."""
