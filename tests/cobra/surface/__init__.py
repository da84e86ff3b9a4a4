"""Views and procedures: what people ask and decide in SQL."""
