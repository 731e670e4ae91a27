"""What goes wrong between here and the Hub, in one sentence each."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ganlab.core.files import disk_problem
from ganlab.core.network import unusable_proxy
from ganlab.data.hub.address import Address, HubError, client

LOGIN = "log in with `hf auth login`, or set HF_TOKEN"
_NUMBER = re.compile(r"\[Errno -?\d+\] ")
_BUSY = (408, 429, 500, 502, 503, 504)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Unreachable(HubError):
    """The Hub could not be asked, now: what is in the cache is all there is."""


class Absent(HubError):
    """The Hub has no such repository, or none that it shows to this user."""


@contextmanager
def in_sentences(address: Address, file: str = "") -> Iterator[None]:
    """Turn the client's errors about `address` (and a `file` of it) into HubError, Unreachable where a later try may help."""
    errors = client().errors
    if problem := unusable_proxy(os.environ):
        raise HubError(problem)
    try:
        yield
    except HubError:
        raise
    except errors.OfflineModeIsEnabled:
        raise Unreachable(
            f"{address} is not in the cache, and HF_HUB_OFFLINE forbids to fetch it: unset it while there is a network."
        ) from None
    except errors.LocalTokenNotFoundError:
        raise HubError(f"There is no token for the Hub: {LOGIN}.") from None
    except errors.HfHubHTTPError as error:
        raise _refusal(error, address, file) from None
    except errors.HTTPError as error:  # no connection, no name, no answer in time, too many redirects
        raise Unreachable(
            f"The Hub cannot be reached for {address} ({_reason(error)}): check the network, and try again."
        ) from None
    except OSError as error:
        raise _disk(error, address) from None


def _refusal(error: Any, address: Address, file: str) -> HubError:
    errors, status = client().errors, error.response.status_code
    if isinstance(error, errors.GatedRepoError):
        return HubError(f"{address.repo} is gated: accept its conditions at {address.page}, then {LOGIN}.")
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(f"{address.repo} has no revision {address.revision or 'main'!r}: see {address.page} for those it has.")
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return HubError(f"{address.repo} has no file {file or address.file!r}: see {address.page} for those it has.")
    if isinstance(error, errors.RepositoryNotFoundError) or status == 404:
        return Absent(f"There is no {address.kind} {address.repo} on the Hub, or it is private: check the name, or {LOGIN}.")
    if status == 401:
        return HubError(f"The Hub refuses the token it was given for {address.repo}: {LOGIN} anew.")
    if status == 403:
        return HubError(f"The Hub forbids this for {address.repo}: the token must be allowed to; {LOGIN} with one that is.")
    if status in _BUSY:
        return Unreachable(f"The Hub is too busy to give {address} (it answered {status}): try again in a minute.")
    return HubError(f"The Hub refuses {address} (it answered {status}): check the address at {address.page}.")


def _disk(error: OSError, address: Address) -> HubError:
    if error.errno in _FULL:
        return HubError(f"The disk is full, so {address} was not stored: free some space, or let HF_HOME name another folder.")
    return HubError(f"{address} cannot be stored in the cache ({disk_problem(error)}): let HF_HOME name a folder to write to.")


def _reason(error: BaseException) -> str:
    """The first line of an error, without numbers, addresses and paragraphs; or that there is no network."""
    chain: list[BaseException] = [error]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) is not None and inner not in chain:
        chain.append(inner)
    if any(isinstance(one, socket.gaierror) for one in chain):
        return "there is no network"
    lines = _NUMBER.sub("", str(error).strip()).splitlines()
    return lines[0][:100].rstrip(".") if lines else type(error).__name__
