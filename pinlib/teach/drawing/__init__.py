"""Pictures and their words: pure functions from facts to safe markup."""
