"""The nouns: facts that come in, observations, readings, cascades and alerts that go out.

Nothing here computes, reads a clock or does input/output. Start with `facts`.
"""
