"""What a learner takes apart: a handshake, a chain, a certificate, a pin, a server of their own."""
