"""Pure models of how AWS behaves, which the patches of the emulator apply."""
