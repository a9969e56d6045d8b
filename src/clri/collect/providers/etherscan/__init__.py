"""Etherscan v2: large transfers, mints and burns of USDT and USDC on Ethereum (VENUES 3).

tokens   contracts and events          flows   what a transfer is to the market
replies  rows of the service           sweep   which blocks to ask for next
seen     each transfer once            mapper  all of it together
"""
