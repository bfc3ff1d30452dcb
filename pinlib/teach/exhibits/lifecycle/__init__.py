"""The years of a pin: renewals, rotations, and pins that change in the field."""
