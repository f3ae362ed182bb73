"""Random histories and criteria documents, drawn so that the rules meet at their edges."""

from tests.support.strategies.documents import criteria_documents
from tests.support.strategies.histories import arriving, histories

__all__ = ["arriving", "criteria_documents", "histories"]
