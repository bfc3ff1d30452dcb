"""What crosses the wire: every byte of a handshake message has a name."""
