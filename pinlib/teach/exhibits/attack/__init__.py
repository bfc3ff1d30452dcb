"""The man in the middle: who attacks, who is harmed, and which check stops whom."""
