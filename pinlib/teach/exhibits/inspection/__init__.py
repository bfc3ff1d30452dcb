"""What a learner takes apart: a certificate, a pin, a server of their own."""
