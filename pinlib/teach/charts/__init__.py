"""Years as rows, and what they cost: calendars and charts of a plan."""
