"""The published language of hepledger, for whoever reports to the registry or reads what it derives.

Import from the modules: ``codec`` and ``envelope`` to read and write events, ``reported`` to check a submission, ``criteria`` for
criteria documents, ``streams`` for where events live, ``vocabulary`` for the words.
"""
