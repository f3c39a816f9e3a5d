"""Many accounts and Regions in one place: each scope reports only itself, and the hub keeps the newest word of each."""
