"""Pages over HTTP, behind one `fetch`. Nothing else holds an HTTP client."""
