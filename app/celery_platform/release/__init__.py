"""What ships: the wheel of the app and the locked wheels it runs with."""
