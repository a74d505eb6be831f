"""The HTTP service that takes work in: pictures, orders, their status. It never waits for a broker beyond a budget."""
