"""Who may use the console, and how a browser is kept from being used against them."""
