"""From the centres: the doors only parse, normalising is pure, and submitting appends or quarantines. Nothing is dropped in silence."""
