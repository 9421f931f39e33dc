"""What goes wrong between the client and the hub, as one line for the user.

The client's own words are left out: they hold addresses with signatures, and sometimes a header.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from gpt2_tui.errors import HubError, HubUnreachableError


@contextmanager
def own_errors(host: str, name: str, revision: str) -> Iterator[None]:
    """Turn what the client raises, while it asks `host` for a repository, into HubErrors."""
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except HubError:
        raise
    except errors.OfflineModeIsEnabled as error:
        raise HubUnreachableError(
            f"{name} at revision {revision} is not in the hub's cache on this machine, and"
            " HF_HUB_OFFLINE forbids to ask the hub"
        ) from error
    except errors.HfHubHTTPError as error:
        raise _refusal(error, host, name, revision) from error
    except httpx2.TimeoutException as error:
        raise HubUnreachableError(f"{host} does not answer; try again later") from error
    except (httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.ProxyError) as error:
        raise HubUnreachableError(
            f"{host} cannot be reached{_reason(error)}; try again later"
        ) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise HubError(
            f"{host} cannot be asked ({type(error).__name__}); see HF_ENDPOINT and the token"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # An answer of another form than a hub's, or a token that no header can hold.
        raise HubError(
            f"{host} does not answer as a hub does ({type(error).__name__});"
            " see HF_ENDPOINT and the token"
        ) from error


def _refusal(error: Exception, host: str, name: str, revision: str) -> HubError:
    """What the hub's refusal means, from its kind and number."""
    from huggingface_hub import errors

    answer = getattr(error, "response", None)
    status = getattr(answer, "status_code", 0)
    if isinstance(error, errors.GatedRepoError) or status == 403:
        return HubError(
            f"{name} is only for those whom its owner lets in; ask there, then log in with"
            " `hf auth login` or set HF_TOKEN"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(f"{name} has no revision {revision}")
    if isinstance(error, errors.RepositoryNotFoundError) or status == 401:
        return HubError(
            f"there is no {name} on the hub, or it is private; if it is private, log in with"
            " `hf auth login` or set HF_TOKEN"
        )
    if status == 404:
        return HubError(f"{host} does not have {name}, or lost one of its files")
    if status == 429:
        return HubError(f"{host} is asked too often{_wait(answer)}")
    if status >= 500:
        return HubUnreachableError(f"{host} has a fault of its own ({status}); try again later")
    return HubError(f"{host} refuses {name} ({status})")


def _wait(answer: object) -> str:
    """When the hub may be asked again, as it says itself."""
    headers = getattr(answer, "headers", {})
    stated = headers.get("Retry-After", "").strip()
    limit = re.search(r";\s*t\s*=\s*(\d{1,9})", headers.get("RateLimit", ""))
    seconds = stated if re.fullmatch(r"\d{1,9}", stated) else limit[1] if limit else None
    if seconds is None:
        return "; try again later"
    return f"; try again in {seconds} seconds"


def _reason(error: BaseException) -> str:
    """The system's word for what broke, if it is at the bottom of the error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return f" ({cause.strerror})"
        cause = cause.__cause__ or cause.__context__
    return ""
