# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for AD accounts, read and checked before any directory is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..core.attribute_map import ADDRESSES, ENABLED, REFERENCE, ROWS
from ..core.errors import InputError
from ..core.identities.addresses import PRIMARY_PREFIX, sent_addresses
from ..core.identities.cloud_identity import read_upn
from ..core.identities.comparison import ad_key, entra_key
from ..core.outcomes import EXCLUDED, LEFT_OUT, NOT_FOUND
from ..core.refusal import Refusal
from ..core.scope.exclusions import EXCLUSION_CAUSES
from ..core.text.secret_keys import find_secret_keys
from .given_passwords import GivenPasswords
from .names import sam_problem

RANDOM, GIVEN = "random", "given"

_TEXTS = tuple(row.record for row in ROWS if row.form not in (ADDRESSES, ENABLED, REFERENCE))


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """The request for one person.

    ``given`` is the record as the caller gave it, for the result and for the caller's own rules. ``addresses`` is
    ``proxyAddresses`` in full, the primary one first. ``password`` is None unless one was given. ``texts`` has the
    other values that are not empty, by key of the attribute map, and ``malformed`` the keys whose value cannot be a
    text. ``enabled`` is None if the record does not say it. ``cloud_id`` is the object id of the cloud user, and
    ``manager`` names the manager, both as given. ``apart``: the status of a person who is to have no account, for the
    reason in ``refusal``.
    """

    given: Mapping[str, object]
    upn: str
    addresses: tuple[str, ...] = ()
    sam: str | None = None
    password: str | None = field(default=None, repr=False)
    refusal: Refusal | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    malformed: frozenset[str] = frozenset()
    enabled: bool | None = None
    cloud_id: str | None = None
    manager: str | None = None
    apart: str | None = None

    @property
    def key(self) -> str:
        return entra_key(self.upn)


def address_key(address: str) -> str:
    """Return the form in which proxy addresses are compared: which one is the primary one does not matter."""
    return entra_key(address)


def read_account_requests(records: Iterable[Mapping[str, object]], passwords: GivenPasswords) -> list[AccountRequest]:
    """Turn records into requests, in the order given. An error in one record becomes the refusal of its request.

    :raises InputError: if a record names no user or contains a password.
    """
    return _refuse_repeats(
        [_read_request(record, position, passwords) for position, record in enumerate(records, start=1)]
    )


def _read_request(record: Mapping[str, object], position: int, passwords: GivenPasswords) -> AccountRequest:
    secrets = find_secret_keys(record)
    if secrets:
        raise InputError(
            f"Record {position} of users has the key {secrets[0]!r}, which looks like the key of a secret. Remove it. "
            "Put passwords into the file in given_passwords_file."
        )
    upn, cloud_id = (str(record.get(key) or "") for key in ("user_principal_name", "id"))
    status = record.get("status")
    if status in (NOT_FOUND, LEFT_OUT):
        name = upn or str(record.get("identity") or "")
        cause = str(record.get("cause") or status)
        apart = None if status == NOT_FOUND else EXCLUDED if cause in EXCLUSION_CAUSES else LEFT_OUT
        refusal = Refusal(cause, str(record.get("reason")))
        return AccountRequest(record, name, refusal=refusal, cloud_id=cloud_id or None, apart=apart)
    if not upn:
        raise InputError(f"Record {position} of users has no user_principal_name; add the UPN of the cloud user.")
    texts, malformed = _read_texts(record)
    enabled = record.get("enabled")
    request = AccountRequest(
        record,
        upn,
        password=passwords.of(upn),
        texts=texts,
        malformed=malformed,
        enabled=enabled if isinstance(enabled, bool) else None,
        cloud_id=cloud_id or None,
        manager=_manager(record.get("manager")),
    )
    try:
        read_upn(upn)
    except InputError as error:
        return replace(request, refusal=Refusal("malformed_upn", error.message))
    try:
        sam = _sam(record.get("sam_account_name"), upn)
        return replace(request, sam=sam, addresses=_addresses(record, upn))
    except _Malformed as error:
        return replace(request, refusal=Refusal(error.cause, str(error)))


class _Malformed(Exception):
    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause


def _sam(given: object, upn: str) -> str | None:
    problem = sam_problem(str(given)) if given else None
    if problem:
        raise _Malformed("bad_sam_account_name", f"The sAMAccountName {given!r} of {upn} {problem}; correct it.")
    return str(given) if given else None


def _read_texts(record: Mapping[str, object]) -> tuple[dict[str, str], frozenset[str]]:
    """Return the texts that are not empty, and the keys of the values that cannot be texts."""
    texts, malformed = {}, set()
    for key in _TEXTS:
        value = record.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (str, int)) or "\0" in str(value):
            malformed.add(key)
        elif text := str(value).strip():
            texts[key] = text
    return texts, frozenset(malformed)


def _manager(given: object) -> str | None:
    """Return how a record names the manager: by a text, or by the keys of another record."""
    if isinstance(given, Mapping):
        given = given.get("user_principal_name") or given.get("id")
    return str(given) if given else None


def _addresses(record: Mapping[str, object], upn: str) -> tuple[str, ...]:
    given = record.get("proxy_addresses") or []
    mail = record.get("mail") or ""
    if not isinstance(given, list) or not isinstance(mail, str) or not all(isinstance(each, str) for each in given):
        raise _Malformed(
            "malformed_value", f"proxy_addresses of {upn} must be a list of strings, and mail must be a string."
        )
    texts = [each.strip() for each in given if each.strip()]
    full = [each if ":" in each else f"smtp:{each}" for each in texts]
    sent = sent_addresses(full, mail.strip())
    primaries = [each for each in sent if each.startswith(PRIMARY_PREFIX)]
    if len(set(primaries)) > 1:
        raise _Malformed(
            "two_primary_addresses",
            f"{upn} has {len(primaries)} primary addresses ({', '.join(primaries)}); mark one of them with SMTP: and "
            "the others with smtp:.",
        )
    # The primary address first, so that it is kept if an address occurs in two spellings.
    ordered = sorted(sent, key=lambda each: not each.startswith(PRIMARY_PREFIX))
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
        reason = f"{request.upn} is in the list {times} times; keep one record for each user."
        return replace(request, refusal=Refusal("duplicate_record", reason))
    if request.sam and sams[ad_key(request.sam)] > 1:
        reason = f"The sAMAccountName {request.sam} is requested for several users; only one can have it."
        return replace(request, refusal=Refusal("sam_wanted_twice", reason))
    twice = next((each for each in request.addresses if addresses[address_key(each)] > 1), None)
    if twice:
        reason = (
            f"The address {twice} of {request.upn} is also requested for another user of the list; keep it for "
            "only one of them."
        )
        return replace(request, refusal=Refusal("address_wanted_twice", reason))
    return request
