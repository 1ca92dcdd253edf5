"""EVERY WAY OUT: pages now, reports later; everything here reads, nothing writes to a tracker."""
