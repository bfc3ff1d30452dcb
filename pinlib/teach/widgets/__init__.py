"""What a panel is made of: controls, uploads, slices of work, the page around it."""
