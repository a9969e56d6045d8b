"""What people and programs see: the terminal now, the API and web pages later."""
