"""Watch files: YAML to values, with file, line, column and field for whatever is wrong."""
