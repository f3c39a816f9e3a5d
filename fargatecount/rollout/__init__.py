"""The roll-out to an organization: one StackSet, what it must change, how it goes, and what failed where."""
