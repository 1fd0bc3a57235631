# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write and read the files of runs on the controller."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import platform
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .._identity.core.errors import IdentityError, InputError
from .._identity.core.review.changes import Review
from .._identity.core.review.reviewed_plan import PlanKind, check_reviewed_plan, read_review
from .._identity.core.run_files.origin import Origin, make_origin
from .._identity.core.run_files.run_file import (
    PLAN,
    VERSION,
    Header,
    encode_file,
    is_run_file,
    read_header,
    read_records,
)
from .guarded_files import LARGE_INPUT, OWN, check_place, open_file, read_file
from .run_host import run_host

_BEGINNING = 64
"""Bytes that show of what kind a file is."""


class RunFileError(IdentityError):
    """The operating system refused to write a file of a run."""


@dataclass(frozen=True)
class RunFile:
    """A file of a run as it was read. ``sha256``: the hash of all its bytes, in hexadecimal digits."""

    path: str
    header: Header
    sha256: str
    _compressed: bytes = field(repr=False)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return the records, one after another, from the beginning each time.

        :raises InputError: if the file is damaged or cut short.
        """
        with gzip.open(io.BytesIO(self._compressed)) as lines:
            lines.readline()
            yield from read_records(lines, self.path)


def origin_of(params: Mapping[str, Any]) -> Origin:
    """Return where this task comes from. Of ``params``, ``client_id``, ``auth_source`` and ``note`` are used.

    With the credentials of the Azure CLI, ``client_id`` is not used to sign in.
    """
    app = None if params.get("auth_source") == "cli" else params.get("client_id")
    return make_origin(platform.node(), os.environ, app, params.get("note"))


def journal_origin_of(params: Mapping[str, Any]) -> Origin:
    """Return the origin of a task for its journal. ``users_tenant`` of ``params`` is its tenant, if there is one."""
    origin = origin_of(params)
    if params.get("users_tenant"):
        origin["tenant"] = params["users_tenant"]
    return origin


def make_header(
    kind: str,
    module: str,
    run: str,
    params: Mapping[str, Any],
    *,
    tenant: str | None,
    domain: str | None,
    scope: Mapping[str, Any],
    terms: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> Header:
    """Return the header of a file that this task writes now. ``params`` are those of ``origin_of``."""
    return Header(
        version=VERSION,
        kind=kind,
        tenant=tenant,
        domain=domain,
        module=module,
        run=run,
        host=run_host(),
        origin=origin_of(params),
        scope=scope,
        terms=terms,
        time=utc_now(),
        facts=facts,
    )


def continue_header(
    before: Header, kind: str, module: str, params: Mapping[str, Any], facts: Mapping[str, Any]
) -> Header:
    """Return the header of a file that says what happened to another one's users, whose note it keeps."""
    origin: Origin = {**origin_of(params), "note": before["origin"]["note"]}
    return {**before, "kind": kind, "module": module, "origin": origin, "time": utc_now(), "facts": facts}


def check_run_file(option: str, path: str, others: Mapping[str, str | None] | None = None) -> None:
    """Check that a file can be written later, so that a wrong path is found before anything else is done.

    ``option`` names the file in messages. ``others`` are the paths of the task's other files, by option.

    :raises InputError: as ``write_run_file`` does, or if it is one of the other files too.
    :raises RunFileError: if the operating system refuses.
    """
    folder = os.path.dirname(os.path.abspath(path))
    try:
        check_place(option, path if os.path.lexists(folder) else folder)
        if os.path.lexists(path):
            with open(open_file(option, path, OWN), "rb") as found:
                replaceable = is_run_file(found.read(_BEGINNING))
            if not replaceable:
                raise InputError(
                    f"{option} {path} already exists and is not a file of a run, so it is not replaced. Use another "
                    "file."
                )
    except OSError as error:
        raise RunFileError(f"{option} {path} cannot be written: {error.strerror}. Use another file.") from error
    for other, taken in (others or {}).items():
        if taken and os.path.abspath(taken) == os.path.abspath(path):
            raise InputError(f"{option} {path} is also the {other}. Use another file.")


def write_run_file(option: str, path: str, header: Header, records: Iterable[Mapping[str, Any]]) -> str:
    """Write a file in one step and return the hash of its bytes. The file is private, and its folder is made if needed.

    ``option`` names the file in messages. A file of a run that already exists is replaced.

    :raises InputError: if others may write to the folder, if its parent folder does not exist, or if there is a file of
        another kind already.
    :raises RunFileError: if the operating system refuses.
    """
    folder = os.path.dirname(os.path.abspath(path))
    temporary = os.path.join(folder, f".run-{secrets.token_hex(8)}")
    check_run_file(option, path)
    try:
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o700)
        check_place(option, path)
        digest = hashlib.sha256()
        with open(open_file(option, temporary, OWN, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as sink:
            for line in encode_file(header, records):
                digest.update(line)
                sink.write(line)
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise RunFileError(f"{option} {path} cannot be written: {error.strerror}. Use another file.") from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
    return digest.hexdigest()


def read_run_file(option: str, path: str, kinds: Iterable[str], sha256: str | None = None) -> RunFile:
    """Read a file that a run of this user wrote for this host. With ``sha256``, only a file with that hash is read.

    :raises InputError: if the file is missing, of another kind, of another host, or not the one with this hash, or if
        others may have changed it.
    """
    content = read_file(option, path, OWN)
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256.strip().lower():
        raise InputError(f"{option} {path} was changed after it was created (its sha256 is {found}). Create it again.")
    file = _parse(path, content, found, kinds)
    if file.header["host"] != run_host():
        raise InputError(
            f"{option} {path} was written for the host {file.header['host']}, but this host is {run_host()}. Use a "
            "different file for each host."
        )
    return file


def read_reviewed_plan(
    params: Mapping[str, Any], kind: PlanKind, scope: Mapping[str, Any], terms: Mapping[str, Any]
) -> Review | None:
    """Read the reviewed plan that ``params`` names, which was made elsewhere, and check that it fits the run.

    ``params`` has ``reviewed_plan``, ``reviewed_plan_sha256`` and ``reviewed_plan_max_age``, in hours; None is returned
    if the first two are not given. Nothing of the file is looked at before its hash is compared.

    :raises InputError: if only one of the two is given, if the file is missing, is not a plan or not the one with this
        hash, or if it does not fit, as ``check_reviewed_plan`` and ``read_review`` say.
    """
    path, sha256 = params["reviewed_plan"], params["reviewed_plan_sha256"]
    if path is None and sha256 is None:
        return None
    # Not required_together, which takes an empty text, such as a variable of a pipeline that is missing, for a value.
    if not path or not sha256:
        raise InputError("reviewed_plan and reviewed_plan_sha256 belong together, but one of them is empty. Set both.")
    content = read_file("reviewed_plan", path, LARGE_INPUT)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256.strip().lower():
        raise InputError(
            f"reviewed_plan {path} is not the plan that was reviewed: its sha256 is {found}, and reviewed_plan_sha256 "
            f"is {sha256}. Set both options for the same plan."
        )
    file = _parse(path, content, found, [PLAN])
    check_reviewed_plan(file.header, path, kind, scope, terms, current_time(), params["reviewed_plan_max_age"])
    return read_review(file.header, file.records(), path, kind)


def file_sha256(option: str, path: str) -> str:
    """Return the hash of a file that a run of this user wrote, such as a journal, in hexadecimal digits.

    :raises InputError: if it is missing, or if others may have changed it.
    """
    return hashlib.sha256(read_file(option, path, OWN)).hexdigest()


def _parse(path: str, content: bytes, sha256: str, kinds: Iterable[str]) -> RunFile:
    header = read_header(content[: content.find(b"\n") + 1], path, kinds)
    # It is kept, because nobody may change it between two readings, and takes a tenth of the memory like this.
    return RunFile(path, header, sha256, gzip.compress(content, compresslevel=1))


def utc_now() -> str:
    """Return the time, in ISO 8601, to the second."""
    return f"{current_time():%Y-%m-%dT%H:%M:%SZ}"


def current_time() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
