"""The command line: parse, call one pure function, present. Nothing heavy is imported before a command runs."""
