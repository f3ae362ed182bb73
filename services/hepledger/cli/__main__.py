"""`python -m hepledger.cli`, for whoever has no `hepledger` on the path."""

from hepledger.cli.entry import main

main()
