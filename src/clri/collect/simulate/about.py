"""What people are told about the simulated market, in full: `clri demo --about` and every page that shows it."""

from typing import Final

ABOUT: Final = """\
This market is simulated. Nothing in it happened, and no figure of it says how good a score or forecast is.

What is real: the frames have the form of six venues' own, pass through the same decoders, detectors, scores and
stores as live ones, and the same seed gives the same bytes. What is scripted is only how much leverage traders want
and a small push of the price; whether and how far it cascades, the positions that were built up decide.

What stays unrealistic:
- One invented parameter set: sizes, leverage mix and holding times are guesses fitted to a few moments. Large days
  come too often, the crash is too fast, and the other side of liquidations is one fixed hedge share: the long share
  of every crash is near .83.
- No order flow besides forced orders; no informed trading, spread dynamics, insurance fund, auto-deleveraging,
  cross-margin chains, stablecoin depeg.
- Liquidations cause moves by construction: a level map, burst detector or score that works here shows that the code
  is right, not that markets behave so.
- Funding sits on 1 bp in more than half of the settlements (BTC really about 40 %); symbols are too strongly
  correlated; no weekend effect, no listings, no news.
"""
