"""What is behind a ``Map``: how its keys and values are written, and the calls that move them."""
