"""Settings are read once; all bad values are reported together."""
