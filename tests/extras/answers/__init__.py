"""What Sage answers is mirrored into cobra, for views and balances."""
