"""One connection, taken apart: its messages, their bytes, its signature, its two chains."""
