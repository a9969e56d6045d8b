"""Test kit for users and plug-in authors: builders of every noun, and the suites that each port must pass.

Start with `builders`; `conformance` holds one module per port.
"""
