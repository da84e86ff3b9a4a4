"""Figures for Prometheus tell how things are, and never change or stop anything."""
