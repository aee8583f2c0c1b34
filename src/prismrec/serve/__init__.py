"""A server: recommendations over HTTP, what people do kept safe, and a page to look at."""
