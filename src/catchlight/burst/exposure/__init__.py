"""Frames of different exposure: which one gives the geometry, and how they are merged."""
