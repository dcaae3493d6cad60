"""The command line: parses, calls a service, prints. A module per command or noun; `main` lists them."""
