"""The demo shops: a street of small shops on loopback whose prices move by the clock, and their watch files."""
