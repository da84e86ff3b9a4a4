"""What is right: address, invoice, postings, VAT; and the documented cases of bookkeepers."""
