"""Bytes and text, as people have them in their hands: DER, PEM, names, a state as one line."""
