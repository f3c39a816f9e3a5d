"""The ledger is brought to what AWS says, and every difference is explained."""
