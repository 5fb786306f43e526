"""One Python file for each trained model; its `recipe(data)` returns all that decides the weights.

The files are listed and loaded by `catchlight.train.recipe_request`; a docstring's first line is what the list shows.
"""
