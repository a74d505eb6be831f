"""Every connection that somebody needs, followed through what the configuration, the chart and the file say of it."""
