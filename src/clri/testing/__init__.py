"""Test kit for users and plug-in authors: builders of every noun, and the suites that each port must pass.

Start with `builders`; `conformance` holds one module per port; `fake_venues` is six exchanges on 127.0.0.1.
"""
