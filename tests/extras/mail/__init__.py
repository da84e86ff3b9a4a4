"""Mail: what is worth one, when, and that none is lost or sent twice."""
