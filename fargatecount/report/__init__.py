"""What many reconciles say together, as a document and as one page."""
