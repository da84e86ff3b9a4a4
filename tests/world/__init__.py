"""What tests share: servers, databases, clerks in cobra, bookkeepers in Sage, an admin."""
