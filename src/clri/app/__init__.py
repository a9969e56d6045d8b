"""The application: command line, settings, and the one place that knows concrete classes (`assemble`)."""
