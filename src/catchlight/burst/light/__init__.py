"""Light that differs between the frames: the bands of flickering lamps, a flash."""
