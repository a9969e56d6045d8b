"""What leaves the system: exports now, alerts and webhooks later."""
