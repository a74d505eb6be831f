"""The connections to each kind of broker, as kombu transports, and what the rest of the platform may ask of them."""
