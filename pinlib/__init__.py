"""The laboratory behind the certificate pinning workshop."""
