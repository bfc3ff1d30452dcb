"""Years of a bank: renewals, releases, users locked out, and pins that change."""
