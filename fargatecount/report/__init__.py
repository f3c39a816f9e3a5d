"""The reports of a period, joined: as a document and as one page."""
