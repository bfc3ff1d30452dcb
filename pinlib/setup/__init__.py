"""Whether this machine can run the workshop, and the wheels for a room without network."""
