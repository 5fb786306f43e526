"""Where each place of the reference lies in another frame: the whole motion first, then that of the tiles."""
