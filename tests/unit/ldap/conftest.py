# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of every kind, options that lead to a scripted server, and modules run as Ansible runs them."""

from __future__ import annotations

import datetime
import ssl
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from forest_script import DOMAIN, PASSWORD, USER
from ldap_wire import BASE, Done, Entry, Search, Turn, Wire
from support.module_answers import read_answer

from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.clock import Clock
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import ldap_options
from ansible_collections.hybrid.identity.plugins.module_utils._module.guarded_files import read_file
from ansible_collections.hybrid.identity.plugins.modules import ad_user, ad_user_guid

HOSTS = ("127.0.0.1", "127.0.0.2", "localhost")


Options = Callable[..., dict[str, Any]]


class Certificates:
    """Server contexts by kind, and the paths of ``ca.pem`` and ``other.pem`` (a CA that signed nothing)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ca = trustme.CA(key_type=trustme.KeyType.RSA)
        self._ca.cert_pem.write_to_path(str(folder / "ca.pem"))
        trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
        self.ca_cert, self.other = str(folder / "ca.pem"), str(folder / "other.pem")
        self.good = self._context(self._ca.issue_cert(*HOSTS))

    @staticmethod
    def _context(leaf: trustme.LeafCert) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context

    def other_name(self) -> ssl.SSLContext:
        return self._context(self._ca.issue_cert("dc9.ad.contoso.com"))

    def expired(self) -> ssl.SSLContext:
        then = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        return self._context(self._ca.issue_cert(*HOSTS, not_before=then, not_after=then + datetime.timedelta(days=9)))

    def without_authority_key(self) -> ssl.SSLContext:
        """As Samba makes them: no Authority Key Identifier (facts §11)."""
        ca = x509.load_pem_x509_certificate(self._ca.cert_pem.bytes())
        ca_key = serialization.load_pem_private_key(self._ca.private_key_pem.bytes(), None)
        leaf = self._ca.issue_cert(*HOSTS)
        made = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
        builder = (
            x509.CertificateBuilder()
            .subject_name(made.subject)
            .issuer_name(ca.subject)
            .public_key(made.public_key())
            .serial_number(made.serial_number)
            .not_valid_before(made.not_valid_before_utc)
            .not_valid_after(made.not_valid_after_utc)
        )
        for extension in made.extensions:
            if not isinstance(extension.value, x509.AuthorityKeyIdentifier):
                builder = builder.add_extension(extension.value, extension.critical)
        signed = builder.sign(ca_key, hashes.SHA256())  # type: ignore[arg-type]
        path = self.folder / "bare.pem"
        path.write_bytes(leaf.private_key_pem.bytes() + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("ldap-tls"))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How the collection waited for a lost server: each wait in seconds, none of which took any time."""
    waits: list[float] = []
    monkeypatch.setattr(Clock, "now", lambda _clock: sum(waits))
    monkeypatch.setattr(Clock, "sleep", lambda _clock, seconds: waits.append(seconds))
    return waits


@pytest.fixture
def options(certificates: Certificates) -> Options:
    """Connection options that lead to a wire; keywords override them."""

    def make(wire: Wire | None = None, **changes: Any) -> dict[str, Any]:
        defaults = {name: spec.get("default") for name, spec in ldap_options().items()}
        there = {"server": [wire.address], "port": wire.port} if wire else {"server": ["127.0.0.1"]}
        known = {"ca_cert": certificates.ca_cert, "username": USER, "password": PASSWORD, "connection_timeout": 60}
        return {**defaults, **there, **known, "read_file": read_file, **changes}

    return make


RunModule = Callable[..., tuple[dict[str, Any], str]]


@pytest.fixture
def run_module(
    give_arguments: Callable[[dict[str, Any]], None],
    capfd: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> RunModule:
    """Run a module in this process, from its arguments' JSON to its result's: the result, and all that may be shown.

    ad_user makes random passwords, unless the arguments say which ones.
    """
    random = {
        "account_password": "random",
        "password_file": str(tmp_path_factory.mktemp("passwords") / "new"),
        "password_hash_sync": False,
    }

    def run(
        module: ModuleType, arguments: dict[str, Any], check: bool = False, diff: bool = True
    ) -> tuple[dict[str, Any], str]:
        if module is ad_user and "users" in arguments:
            chosen = arguments if "account_password" in arguments else {**random, **arguments}
            arguments = {name: value for name, value in chosen.items() if value is not None}
        internal = {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}
        give_arguments({**arguments, **internal})
        with pytest.raises(SystemExit):
            module.main()
        written = capfd.readouterr()
        return read_answer(written.err + written.out)

    return run


Run = Callable[..., dict[str, Any]]

DOMAIN_GUID = uuid.UUID("0b6b1c1e-7d0c-4f0e-9a51-3f1f0a8e77d2")
PLACE = Turn(
    Search(DOMAIN.encode(), BASE, ("present", b"objectClass"), (b"objectGUID",)),
    (Entry(DOMAIN, {"objectGUID": [DOMAIN_GUID.bytes_le]}), Done()),
)


def with_place(script: list[Turn], start: int, check: bool, arguments: Mapping[str, Any]) -> list[Turn]:
    """Let a script, after its first ``start`` turns, tell the domain's GUID if a journal is written."""
    if len(script) < start or not arguments.get("journal") or check:
        return script
    return [*script[:start], PLACE, *script[start:]]


@pytest.fixture
def run(certificates: Certificates, options: Options, run_module: RunModule) -> Run:
    """Run ad_user_guid against a script and return its result."""

    def runner(script: list[Turn], check: bool = False, **arguments: Any) -> dict[str, Any]:
        script = with_place(script, 2, check, arguments)
        with Wire(script, certificates.good) as wire:
            result, printed = run_module(ad_user_guid, {**options(wire), **arguments}, check)
        wire.verify()
        assert PASSWORD not in printed
        return result

    return runner


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"
