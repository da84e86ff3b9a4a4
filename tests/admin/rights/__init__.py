"""The rights that `relay rights` grants are enough, and none is too many."""
