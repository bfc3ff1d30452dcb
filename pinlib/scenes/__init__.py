"""Alice, the bank, Mallory, and everything that happens to them."""
