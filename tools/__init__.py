"""Generators: pages of docs and pictures, written from the code."""
