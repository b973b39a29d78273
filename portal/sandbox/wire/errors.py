"""Knows the error bodies of the API; refuses to know when they are raised."""

import typing

JsonObject = dict[str, typing.Any]


class ApiError(Exception):
    """An answer other than success.

    ``keeps_changes`` says that what happened before the error stays stored (a declined charge
    exists); ``is_remembered`` says that a repeat under the same idempotency key gets this
    same answer (false for requests that never began to execute).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        extra: JsonObject | None = None,
        keeps_changes: bool = False,
        is_remembered: bool = True,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.extra = extra or {}
        self.keeps_changes = keeps_changes
        self.is_remembered = is_remembered

    def body(self) -> JsonObject:
        """The JSON document Stripe's libraries turn into their exceptions."""
        error: JsonObject = {"type": self.type, "message": self.message}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        error.update(self.extra)
        return {"error": error}


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    """A request whose parameters fail validation: 400, forgotten by idempotency keys."""
    return ApiError(message, code=code, param=param, is_remembered=False)


def refused(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    """A well-formed request that the state of an object forbids: 400, remembered."""
    return ApiError(message, code=code, param=param)


def missing(kind: str, id: str, *, param: str = "id", status: int = 404) -> ApiError:
    """The named object does not exist (404; 400 when it was a parameter of another call)."""
    return ApiError(f"No such {kind}: '{id}'", status=status, code="resource_missing", param=param)


def unauthorized(message: str, *, code: str | None = None) -> ApiError:
    """No valid key: 401."""
    return ApiError(message, status=401, code=code, is_remembered=False)
