"""What `relay init` proposes for a cobra and a Sage that it is shown."""
