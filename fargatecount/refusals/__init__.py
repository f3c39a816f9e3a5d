"""Refused launches are kept as sets, so hearing of one twice counts it once."""
