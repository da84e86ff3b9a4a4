"""What stands in a Sage year afterwards: address, debtor, document, item, each once."""
