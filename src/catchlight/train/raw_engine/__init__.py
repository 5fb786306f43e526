"""How the RAW engine is trained: batches, loss, validation; its recipes are in `catchlight.train.recipes`."""
