"""`python -m hepledger.cli`, for whoever has no `hepledger` on the path."""

from hepledger.cli import main

main()
