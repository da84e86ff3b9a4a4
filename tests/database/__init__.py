"""The two dialects behave alike: types, counting, writing many rows, texts that fit, own SQL."""
