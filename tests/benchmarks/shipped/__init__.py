"""The product as it is shipped: an environment and an application, whose workers `app worker` starts."""
