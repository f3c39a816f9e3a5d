"""The page of an organization: one self-contained HTML file with every account and Region, and each of them one click away."""
