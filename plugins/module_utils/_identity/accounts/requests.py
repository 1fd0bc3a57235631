# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for AD accounts, read and checked before any directory is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.attribute_map import sent_addresses
from ..core.errors import InputError
from ..core.identities.cloud_identity import read_upn
from ..core.identities.comparison import ad_key, entra_key
from ..core.records import Record
from ..core.refusal import Refusal
from ..core.text.secret_keys import find_secret_keys
from .given_passwords import GivenPasswords
from .names import sam_problem

RANDOM, GIVEN = "random", "given"

# entra_user_info returns these statuses for identities that it did not find or that are not wanted.
_NOT_TAKEN = ("not_found", "left_out")
_PRIMARY = "SMTP:"


@dataclass(frozen=True)
class AccountRequest:
    """The request for one person: the record as given, and the values of it that are needed repeatedly.

    ``addresses`` is ``proxyAddresses`` in full, the primary one first. ``password`` is None unless one was given.
    """

    record: Record
    upn: str
    addresses: tuple[str, ...] = ()
    sam: str | None = None
    password: str | None = field(default=None, repr=False)
    refusal: Refusal | None = None

    @property
    def key(self) -> str:
        return entra_key(self.upn)


def address_key(address: str) -> str:
    """Return the form in which proxy addresses are compared: which one is the primary one does not matter."""
    return entra_key(address)


def read_account_requests(records: Iterable[Mapping[str, Any]], passwords: GivenPasswords) -> list[AccountRequest]:
    """Turn records into requests, in the order given. An error in one record becomes the refusal of its request.

    :raises InputError: if the list is empty, or if a record names no user or contains a password.
    """
    requests = [_read_request(dict(record), position, passwords) for position, record in enumerate(records, start=1)]
    if not requests:
        raise InputError("users is empty; give at least one record, such as what entra_user_info returns as users.")
    return _refuse_repeats(requests)


def _read_request(record: Record, position: int, passwords: GivenPasswords) -> AccountRequest:
    secrets = find_secret_keys(record)
    if secrets:
        raise InputError(
            f"Record {position} of users has the key {secrets[0]!r}, which looks like that of a secret; leave it out, "
            "and put a password into the file that given_passwords_file names."
        )
    upn = str(record.get("user_principal_name") or "")
    if record.get("status") in _NOT_TAKEN:
        name = upn or str(record.get("identity") or "")
        return AccountRequest(record, name, refusal=Refusal(f"entra_{record['status']}", str(record.get("reason"))))
    if not upn:
        raise InputError(f"Record {position} of users has no user_principal_name; give it the cloud user's.")
    request = AccountRequest(record, upn, password=passwords.of(upn))
    try:
        return replace(request, **_checked(record, upn))
    except _Malformed as error:
        return replace(request, refusal=Refusal(error.cause, str(error)))


class _Malformed(Exception):
    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause


def _checked(record: Mapping[str, Any], upn: str) -> dict[str, Any]:
    try:
        read_upn(upn)
    except InputError as error:
        raise _Malformed("malformed_upn", error.message) from error
    sam = record.get("sam_account_name")
    problem = sam_problem(str(sam)) if sam else None
    if problem:
        raise _Malformed("bad_sam_account_name", f"The sAMAccountName {sam!r} of {upn} {problem}; correct it.")
    return {"addresses": _addresses(record, upn), "sam": str(sam) if sam else None}


def _addresses(record: Mapping[str, Any], upn: str) -> tuple[str, ...]:
    given = record.get("proxy_addresses") or []
    mail = record.get("mail")
    if not isinstance(given, list) or not all(isinstance(each, str) for each in [*given, mail or ""]):
        raise _Malformed("malformed_value", f"proxy_addresses of {upn} must be a list of texts, and mail a text.")
    texts = [each.strip() for each in given if each.strip()]
    full = [each if ":" in each else f"smtp:{each}" for each in texts]
    sent = sent_addresses({"proxy_addresses": full, "mail": (mail or "").strip()})
    primaries = [each for each in sent if each.startswith(_PRIMARY)]
    if len(set(primaries)) > 1:
        raise _Malformed(
            "two_primary_addresses",
            f"{upn} has {len(primaries)} primary addresses ({', '.join(primaries)}); mark one of them with SMTP: and "
            "the others with smtp:.",
        )
    # The primary address first, so that it is kept if an address occurs in two spellings.
    ordered = sorted(sent, key=lambda each: not each.startswith(_PRIMARY))
    return tuple({address_key(each): each for each in reversed(ordered)}.values())[::-1]


def _refuse_repeats(requests: Sequence[AccountRequest]) -> list[AccountRequest]:
    usable = [request for request in requests if not request.refusal]
    names = Counter(request.key for request in usable)
    sams = Counter(ad_key(request.sam) for request in usable if request.sam)
    addresses = Counter(address_key(each) for request in usable for each in request.addresses)
    return [_refuse_repeat(request, names, sams, addresses) for request in requests]


def _refuse_repeat(
    request: AccountRequest, names: Counter[str], sams: Counter[str], addresses: Counter[str]
) -> AccountRequest:
    if request.refusal:
        return request
    times = names[request.key]
    if times > 1:
        reason = f"{request.upn} is in the list {times} times; keep one record a user."
        return replace(request, refusal=Refusal("duplicate_record", reason))
    if request.sam and sams[ad_key(request.sam)] > 1:
        reason = f"The sAMAccountName {request.sam} is wanted for several users; only one can have it."
        return replace(request, refusal=Refusal("sam_wanted_twice", reason))
    twice = next((each for each in request.addresses if addresses[address_key(each)] > 1), None)
    if twice:
        reason = (
            f"The address {twice} of {request.upn} is wanted for another user of the list too; leave it to one of them."
        )
        return replace(request, refusal=Refusal("address_wanted_twice", reason))
    return request
