"""A first installation: cobra and Sage have lived side by side for years, and meet."""
