"""What the relay promises, shown: a folder for each room of `relay`, and what needs all of them."""
