"""The HTTP service for pictures, orders and their status. It never waits longer for a broker than its time budget."""
