"""How the RAW engine is trained: its batches, its loss, its validation; the recipes are in `catchlight.train.recipes`."""
