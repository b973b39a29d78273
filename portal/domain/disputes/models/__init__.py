"""Tables of disputes, one idea a module; import them from here."""

from portal.domain.disputes.models.cases import Dispute, DisputeLine, Resolution
from portal.domain.disputes.models.thread import Attachment, Message, Note

__all__ = ["Attachment", "Dispute", "DisputeLine", "Message", "Note", "Resolution"]
