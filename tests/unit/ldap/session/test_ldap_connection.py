# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reaching a domain controller: failover, TLS, signing in, and the one sentence of each failure."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORD, USER, Certificates
from forest_script import BIND, DOMAIN, ROOT
from ldap_wire import CLOSE, DIE, GARBAGE, SILENCE, START_TLS, UPGRADE, Bind, Done, Extended, Search, Turn, Wire, pair

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.errors import (
    ConnectionLost,
    LdapError,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.forest import naming_contexts
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.options import LdapOptions

Options = Callable[..., dict[str, Any]]


def read_root(params: dict[str, Any]) -> str:
    with connected(LdapOptions.from_params(params, writes=False)) as session:
        return naming_contexts(session).default


def failure(params: dict[str, Any], kind: type[LdapError] = LdapError) -> LdapError:
    with pytest.raises(kind) as caught:
        read_root(params)
    error = caught.value
    assert PASSWORD not in str(error) + repr(error.details)
    assert error.message.endswith(".")
    assert error.__suppress_context__ or error.__context__ is None
    return error


def test_ldaps_signs_in_inside_tls(certificates: Certificates, options: Options) -> None:
    with Wire([BIND, ROOT], certificates.good) as wire:
        assert read_root(options(wire)) == DOMAIN
    wire.verify()


def test_start_tls_comes_before_the_password(certificates: Certificates, options: Options) -> None:
    script = [Turn(Extended(START_TLS), (Done(), UPGRADE)), BIND, ROOT]
    with Wire(script, certificates.good, plain_first=True) as wire:
        assert read_root(options(wire, tls_mode="start_tls")) == DOMAIN
    wire.verify()


@pytest.mark.parametrize("code", [1, 2, 52, 53])
def test_a_server_without_start_tls_gets_no_password(certificates: Certificates, options: Options, code: int) -> None:
    with Wire([Turn(Extended(START_TLS), (Done(code),))], certificates.good, plain_first=True) as wire:
        error = failure(options(wire, tls_mode="start_tls"))
    assert error.cause == "start_tls_refused"
    assert "does not offer StartTLS" in error.message
    wire.verify()


def test_a_silent_server_is_passed_over(certificates: Certificates, options: Options) -> None:
    with Wire([BIND, ROOT], certificates.good, address="127.0.0.2") as wire:
        params = options(wire, server=["no-such-host.invalid", "127.0.0.1", "127.0.0.2", "127.0.0.3"])
        assert read_root(params) == DOMAIN
    wire.verify()


def test_a_server_that_is_no_tls_server_is_passed_over(certificates: Certificates, options: Options) -> None:
    plain, good = Wire([], certificates.good, plain_first=True), Wire([BIND, ROOT], certificates.good)
    with pair(plain, good):
        assert read_root(options(good, server=["127.0.0.1", "127.0.0.2"])) == DOMAIN
        assert failure(options(plain)).cause == "tls_failed"
    good.verify()


def test_a_refused_password_is_not_tried_elsewhere(certificates: Certificates, options: Options) -> None:
    refused = Turn(BIND.expected, (Done(49, "80090308: LdapErr: DSID-0C090447, comment: x, data 52e, v3839"),))
    first, second = Wire([refused], certificates.good), Wire([], certificates.good)
    with pair(first, second):
        error = failure(options(first, server=["127.0.0.1", "127.0.0.2"]))
    assert error.cause == "wrong_password"
    assert second.connections == 0
    first.verify()


@pytest.mark.parametrize(
    ("data", "cause", "words"),
    [
        ("525", "no_such_account", "no such account"),
        ("52e", "wrong_password", "the username or the password is wrong"),
        ("530", "logon_hours", "logon hours"),
        ("531", "logon_workstation", "from this machine"),
        ("532", "password_expired", "expired"),
        ("533", "account_disabled", "disabled"),
        ("569", "logon_type_not_granted", "right to log on"),
        ("701", "account_expired", "expired"),
        ("773", "password_must_change", "must be changed"),
        ("775", "account_locked", "locked out"),
        ("80090346", "channel_binding", "channel binding"),
        ("7ff", "invalid_credentials", "0x7ff"),
    ],
)
def test_refused_sign_ins(certificates: Certificates, options: Options, data: str, cause: str, words: str) -> None:
    message = f"80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {data}, v3839\0"
    with Wire([Turn(Bind, (Done(49, message),))], certificates.good) as wire:
        error = failure(options(wire))
    assert (error.cause, error.result_code) == (cause, 49)
    assert words in error.message
    assert USER in error.message
    assert "LdapErr" not in error.message


@pytest.mark.parametrize(
    ("code", "cause"),
    [(8, "stronger_auth_required"), (7, "auth_method_not_supported"), (51, "busy"), (80, "ldap_result")],
)
def test_other_refusals_of_a_sign_in(certificates: Certificates, options: Options, code: int, cause: str) -> None:
    with Wire([Turn(Bind, (Done(code, "some text"),))], certificates.good) as wire:
        error = failure(options(wire))
    assert (error.cause, error.result_code) == (cause, code)


def test_unknown_ca(certificates: Certificates, options: Options) -> None:
    with Wire([], certificates.good) as wire:
        error = failure(options(wire, ca_cert=certificates.other))
    assert error.cause == "unknown_ca"
    assert "ca_cert" in error.message
    wire.verify()


@pytest.mark.parametrize("tls_mode", ["ldaps", "start_tls"])
def test_another_name_in_the_certificate(certificates: Certificates, options: Options, tls_mode: str) -> None:
    start = [Turn(Extended(START_TLS), (Done(), UPGRADE))] if tls_mode == "start_tls" else []
    with Wire(start, certificates.other_name(), plain_first=bool(start)) as wire:
        error = failure(options(wire, tls_mode=tls_mode))
    assert error.cause == "hostname_mismatch"
    wire.verify()
    with Wire([*start, BIND, ROOT], certificates.other_name(), plain_first=bool(start)) as wire:
        assert read_root(options(wire, tls_mode=tls_mode, cert_validation="ignore_hostname")) == DOMAIN
    wire.verify()


def test_ignore_hostname_still_wants_a_trusted_ca(certificates: Certificates, options: Options) -> None:
    with Wire([], certificates.other_name()) as wire:
        error = failure(options(wire, cert_validation="ignore_hostname", ca_cert=certificates.other))
    assert error.cause == "unknown_ca"


def test_ignore_takes_any_certificate(certificates: Certificates, options: Options) -> None:
    with Wire([BIND, ROOT], certificates.expired()) as wire:
        assert read_root(options(wire, cert_validation="ignore", ca_cert=None)) == DOMAIN


def test_expired_certificate(certificates: Certificates, options: Options) -> None:
    with Wire([], certificates.expired()) as wire:
        error = failure(options(wire))
    assert error.cause == "certificate_expired"


@pytest.mark.python("3.13")  # which made the check strict (facts §11)
def test_certificate_without_authority_key_identifier(certificates: Certificates, options: Options) -> None:
    with Wire([], certificates.without_authority_key()) as wire:
        error = failure(options(wire))
    assert error.cause == "missing_authority_key_identifier"
    assert "Authority Key Identifier" in error.message


def test_a_bad_certificate_is_not_passed_over(certificates: Certificates, options: Options) -> None:
    first, second = Wire([], certificates.expired()), Wire([], certificates.good)
    with pair(first, second):
        failure(options(first, server=["127.0.0.1", "127.0.0.2"]))
    assert second.connections == 0


def test_a_server_that_falls_silent(certificates: Certificates, options: Options) -> None:
    with Wire([BIND, Turn(Search, (SILENCE,))], certificates.good) as wire:
        settings = LdapOptions.from_params(options(wire), writes=True)
        object.__setattr__(settings, "read_timeout", 1)
        with pytest.raises(ConnectionLost) as caught, connected(settings) as session:
            naming_contexts(session)
    assert caught.value.cause == "timeout"


@pytest.mark.parametrize("turn", [Turn(Bind, (CLOSE,)), None])
def test_a_server_that_dies(certificates: Certificates, options: Options, turn: Turn | None) -> None:
    script = [turn] if turn else [BIND, Turn(Search, (DIE,))]
    with Wire(script, certificates.good) as wire:
        error = failure(options(wire), ConnectionLost)
    assert error.cause == "connection_lost"
    assert "closed the connection" in error.message


@pytest.mark.parametrize(
    "script", [[Turn(Bind, (GARBAGE,))], [BIND, Turn(Search, (GARBAGE,)), BIND, Turn(Search, (GARBAGE,))]]
)
def test_a_server_that_talks_nonsense(certificates: Certificates, options: Options, script: list[Turn]) -> None:
    with Wire(script, certificates.good) as wire:
        error = failure(options(wire))
    assert error.cause == "not_ldap"


def test_a_start_tls_that_is_nonsense(certificates: Certificates, options: Options) -> None:
    with Wire([Turn(Extended(START_TLS), (GARBAGE,))], certificates.good, plain_first=True) as wire:
        error = failure(options(wire, tls_mode="start_tls"))
    assert error.cause == "tls_failed"


def test_a_directory_that_is_not_active_directory(certificates: Certificates, options: Options) -> None:
    with Wire([BIND, Turn(ROOT.expected, (Done(),))], certificates.good) as wire:
        assert failure(options(wire)).cause == "not_active_directory"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"server": None}, "set server"),
        ({"server": [" "]}, "set server"),
        ({"server": ["ldaps://dc1:636"]}, "without scheme"),
        ({"username": None}, "set username"),
        ({"password": None}, "set password"),
        ({"password": ""}, "set password"),
        ({"port": 70000}, "between 1 and 65535"),
        ({"connection_timeout": 0}, "at least 1 second"),
        ({"ca_cert": "/no/such/file"}, "ca_cert /no/such/file cannot be read: No such file"),
        ({"ca_cert": "/dev/null"}, "is not a regular file"),
        ({"ca_cert": __file__}, "contains no certificate"),
        ({"auth_protocol": "kerberos", "username": None}, "name@REALM"),
    ],
)
def test_options_are_checked_before_any_network(
    options: Options, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    with pytest.raises(InputError) as caught:
        LdapOptions.from_params(options(**changes), writes=True)
    assert words in caught.value.message
    assert PASSWORD not in caught.value.message


def test_an_authority_that_others_may_replace_is_not_trusted(
    certificates: Certificates, options: Options, tmp_path: Path
) -> None:
    path, link = tmp_path / "ca.pem", tmp_path / "link.pem"
    path.write_bytes("Zertifikat f\u00fcr alle\n".encode() + Path(certificates.ca_cert).read_bytes())
    link.symlink_to(path)
    assert LdapOptions.from_params(options(ca_cert=str(link)), writes=True).context.cert_store_stats()["x509_ca"] == 1
    path.chmod(0o646)
    with pytest.raises(InputError, match=r"^ca_cert .*link\.pem can be changed by others"):
        LdapOptions.from_params(options(ca_cert=str(link)), writes=True)
    path.chmod(0o600)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="contains no certificate"):
        LdapOptions.from_params(options(ca_cert=str(path)), writes=True)


def test_kerberos_without_its_library(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install gssapi"):
        LdapOptions.from_params(options(auth_protocol="kerberos"), writes=True)


def test_options_do_not_show_the_password(options: Options) -> None:
    assert PASSWORD not in repr(LdapOptions.from_params(options(), writes=True))
    assert isinstance(LdapOptions.from_params(options(), writes=True).context, ssl.SSLContext)
