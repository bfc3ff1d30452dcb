"""What a learner takes away; nothing in here needs the laboratory."""
