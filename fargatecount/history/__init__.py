"""What ran, when, whose, why it stopped, and what it cost: one record for each workload, kept long after its row."""
