"""Each finding of the doctor is provoked, and goes once its text was followed."""
