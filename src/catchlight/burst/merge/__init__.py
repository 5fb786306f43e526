"""The frames, moved onto the reference and averaged where they agree."""
