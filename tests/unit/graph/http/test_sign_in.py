# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in with azure-identity itself, and what is said where it fails."""

from __future__ import annotations

import datetime
import json
import socket
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from scripted_graph import CLIENT_ID, SECRET, TENANT, Reply, ScriptedGraph, error, found, user
from support.clocks import SteppingClock
from support.wire import Wire

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.clouds import endpoints
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.credential import sign_in
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.credential.sign_in_errors import sign_in_error
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError, InputError

TASK = Task([{"id": "00000000-0000-4000-8000-000000000001"}], clear=True, check_mode=True)
PASSWORD = b"c3rt~Passw0rd"


def expect_the_read(graph: ScriptedGraph) -> None:
    select = "id,userPrincipalName,onPremisesImmutableId,onPremisesSyncEnabled,mail,proxyAddresses,accountEnabled"
    query = f"$filter=id%20in%20%28%2700000000-0000-4000-8000-000000000001%27%29&$select={select}"
    graph.expect("GET", f"/users?{query}", found(user(1)))


def form(graph: ScriptedGraph) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(graph.sign_ins[-1].body.decode()))


def refused(code: str, error: str = "invalid_client", status: int = 401) -> Reply:
    text = f"AADSTS{code}: Something. Trace ID: 5c0e7d4a-6d1f-4d1c-8a54-5a3a1f6c2b10 Correlation ID: x"
    return Reply(status, {"error": error, "error_description": text, "error_codes": [int(code)]})


def message_of(options: dict[str, Any]) -> tuple[str, IdentityError]:
    with pytest.raises(IdentityError) as raised:
        run(options, TASK)
    shown = json.dumps([raised.value.message, raised.value.details, repr(raised.value), repr(raised.value.__cause__)])
    assert SECRET not in shown
    assert PASSWORD.decode() not in shown
    return raised.value.message, raised.value


def test_a_secret(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    expect_the_read(graph)
    run(options, TASK)
    assert form(graph)["client_secret"] == SECRET
    assert form(graph)["scope"].split()[0] == f"{graph.url}/.default"


@pytest.mark.parametrize(
    ("code", "cause", "words"),
    [
        (
            "7000215",
            "invalid_secret",
            f"The client secret of app {CLIENT_ID} is wrong. Use the value of the secret, not its id",
        ),
        ("7000222", "expired_secret", "has expired; create a new one"),
        ("700016", "unknown_app", f"Tenant {TENANT} has no app {CLIENT_ID}. Check client_id"),
        ("7000112", "disabled_app", "enable its service principal"),
        ("700027", "certificate_rejected", "Upload the public part"),
        ("700024", "assertion_expired", "Correct this machine's clock"),
        ("700213", "federation_rejected", "no federated credential for the subject"),
        ("53003", "conditional_access", "A Conditional Access policy"),
        ("9999999", "sign_in_refused", "https://login.microsoftonline.com/error?code=9999999"),
    ],
)
def test_refusals_are_told_apart_by_code(
    graph: ScriptedGraph, options: dict[str, Any], code: str, cause: str, words: str
) -> None:
    graph.token_reply = refused(code)
    message, error = message_of(options)
    assert words in message
    assert f"AADSTS{code}" in message
    assert error.details == {
        "cause": cause,
        "error_code": f"AADSTS{code}",
        "request_id": "5c0e7d4a-6d1f-4d1c-8a54-5a3a1f6c2b10",
    }


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("code", ["7000229", "65001"])
def test_an_app_that_the_tenant_does_not_know_yet(
    graph: ScriptedGraph, options: dict[str, Any], wire: Wire, code: str, status: int
) -> None:
    """It may have been made just now, so it is tried once more after a minute; MSAL keeps a 400 for just as long."""
    known = graph.token_reply
    graph.token_reply = refused(code, "unauthorized_client", status)
    clock = SteppingClock(wire, lambda _seconds: setattr(graph, "token_reply", known))
    expect_the_read(graph)
    run(options, TASK, watch=Watch(clock=clock))
    assert clock.seconds == 60
    graph.token_reply = refused(code, "unauthorized_client", status)
    clock = SteppingClock(wire)
    with pytest.raises(GraphError, match="Give admin consent to the app in that tenant") as raised:
        run(options, TASK, watch=Watch(clock=clock))
    assert (raised.value.cause, clock.seconds) == ("app_not_in_tenant", 60)
    with pytest.raises(GraphError):
        run({**options, "max_wait": 59}, TASK, watch=Watch(clock=clock))
    assert clock.seconds == 60


def test_an_app_that_graph_does_not_know_yet(
    graph: ScriptedGraph, options: dict[str, Any], clock: SteppingClock
) -> None:
    select = "id,userPrincipalName,onPremisesImmutableId,onPremisesSyncEnabled,mail,proxyAddresses,accountEnabled"
    path = f"/users?$filter=id%20in%20%28%2700000000-0000-4000-8000-000000000001%27%29&$select={select}"
    unknown = error(401, "Authorization_IdentityNotFound")
    graph.expect("GET", path, unknown)
    expect_the_read(graph)
    run(options, TASK, watch=Watch(clock=clock))
    assert clock.seconds == 60
    # The first token has nothing in it that was consented to after it was issued.
    assert sum(request.method == "POST" for request in graph.sign_ins) == 2
    for _attempt in range(2):
        graph.expect("GET", path, unknown)
    with pytest.raises(GraphError, match="Give admin consent to the app in this tenant") as raised:
        run(options, TASK, watch=Watch(clock=clock))
    assert (raised.value.cause, clock.seconds) == ("app_not_in_tenant", 120)


def test_an_app_that_no_option_names() -> None:
    """With the Azure CLI or a managed identity, "app None in tenant None" helps nobody."""
    refusal = ClientAuthenticationError("AADSTS65001: No.")
    said = sign_in_error(refusal, {"auth_source": "cli", "tenant": None, "timeout": 9}, "https://x").message
    assert "None" not in said
    assert "App (from auth_source cli) has no consent in tenant (from auth_source cli), or" in said


@pytest.mark.parametrize("code", ["90002", "900023"])
def test_an_unknown_tenant(graph: ScriptedGraph, options: dict[str, Any], code: str) -> None:
    reply = refused(code, "invalid_tenant")
    graph.discovery_reply = Reply(400, reply.body)
    message, error = message_of({**options, "tenant": "nobody.example"})
    assert "nobody.example" in message
    assert error.details["cause"] == "unknown_tenant"


def test_an_unknown_ca(graph: ScriptedGraph, options: dict[str, Any], tls: Path) -> None:
    message, error = message_of({**options, "graph_ca_cert": str(tls / "other.pem")})
    assert "is not trusted" in message
    assert "set graph_ca_cert" in message
    assert error.details["cause"] == "untrusted_certificate"


def test_an_unknown_ca_of_graph_alone(graph: ScriptedGraph, options: dict[str, Any], tls: Path, tmp_path: Path) -> None:
    other = ScriptedGraph(tls / "server.pem", tls / "server.key")
    try:
        host = other.url.replace("localhost", "127.0.0.1")  # not in the certificate
        message, error = message_of({**options, "graph_url": host})
    finally:
        other.close()
    assert host.removeprefix("https://") in message
    assert error.details["cause"] == "untrusted_certificate"


@pytest.mark.parametrize("option", ["authority", "graph_url"])
def test_nobody_there(graph: ScriptedGraph, options: dict[str, Any], option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        url = f"https://localhost:{taken.getsockname()[1]}"
        message, error = message_of({**options, option: url})
    assert message == (
        f"{url.removeprefix('https://')} refuses connections; check the name, the port and the proxy settings."
    )
    assert error.details == {"cause": "connection_refused"}


def resolve_only_localhost(monkeypatch: pytest.MonkeyPatch, code: int = socket.EAI_NONAME) -> None:
    resolve = socket.getaddrinfo

    def resolved(host: str, *arguments: Any, **keywords: Any) -> Any:
        if host != "localhost":
            raise socket.gaierror(code, "said by DNS")
        return resolve(host, *arguments, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def test_microsofts_list_of_authorities_cannot_be_reached(
    graph: ScriptedGraph, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message named the authority, which nobody had asked yet."""
    resolve_only_localhost(monkeypatch)
    message, error = message_of({**options, "disable_instance_discovery": False})
    assert message == (
        "DNS does not know login.microsoftonline.com; check the name, this machine's DNS servers and the proxy "
        f"settings, or set disable_instance_discovery to true if {graph.url} belongs to a private cloud."
    )
    assert error.details == {"cause": "unknown_host"}


def test_microsofts_list_of_authorities_has_a_certificate_of_another_ca(
    graph: ScriptedGraph, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(graph.url.rpartition(":")[2])
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, _port, *more, **_: resolve("localhost", port, *more))
    message, error = message_of({**options, "disable_instance_discovery": False})
    assert message.startswith("The certificate of login.microsoftonline.com is not trusted (")
    assert message.endswith(f", or set disable_instance_discovery to true if {graph.url} belongs to a private cloud.")
    assert error.details == {"cause": "untrusted_certificate"}


@pytest.mark.parametrize("option", ["authority", "graph_url"])
def test_a_host_that_dns_does_not_know(
    graph: ScriptedGraph, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    resolve_only_localhost(monkeypatch)
    message, error = message_of({**options, option: "https://service.private.example"})
    assert message == (
        "DNS does not know service.private.example; check the name, this machine's DNS servers and the proxy settings."
    )
    assert error.details == {"cause": "unknown_host"}


def test_dns_servers_that_do_not_answer(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_only_localhost(monkeypatch, socket.EAI_AGAIN)
    message, error = message_of({**options, "authority": "https://login.private.example"})
    assert message == (
        "No DNS server answered the query for login.private.example; check this machine's DNS servers and network."
    )
    assert error.details == {"cause": "dns_failed"}


def test_an_authority_of_microsoft_that_cannot_be_reached(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_only_localhost(monkeypatch)
    changes = {"authority": None, "cloud_environment": "AzureUSGovernment", "disable_instance_discovery": False}
    message, _error = message_of({**options, **changes})
    assert message == (
        "DNS does not know login.microsoftonline.us; check the name, this machine's DNS servers and the proxy settings."
    )


def test_one_that_does_not_answer_in_time(graph: ScriptedGraph, options: dict[str, Any], wire: Wire) -> None:
    expect_the_read(graph)
    wire.late = lambda _request: True
    message, _error = message_of({**options, "timeout": 77})
    assert "did not answer within 77 s" in message


@pytest.mark.parametrize("option", ["authority", "graph_url"])
@pytest.mark.parametrize(
    "url", ["http://localhost:1", "ftp://x", "https://", "https://user:pw@x", "https://x:port", "https://x?y"]
)
def test_only_https_will_do(options: dict[str, Any], option: str, url: str) -> None:
    with pytest.raises(InputError, match=f"{option} .* must be an https URL"):
        run({**options, option: url}, TASK)


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_graph_url_without_a_version(options: dict[str, Any], version: str) -> None:
    with pytest.raises(InputError, match="contains a version"):
        run({**options, "graph_url": f"https://graph.microsoft.com/{version}/"}, TASK)


@pytest.mark.parametrize(
    ("cloud", "authority", "graph_url"),
    [
        ("AzureCloud", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("AzureUSGovernment", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("AzureUSGovernmentDoD", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        ("AzureChinaCloud", "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_clouds(cloud: str, authority: str, graph_url: str) -> None:
    where = endpoints({"cloud_environment": cloud})
    assert (where.authority, where.graph_url, where.scope) == (authority, graph_url, f"{graph_url}/.default")
    own = endpoints({"cloud_environment": cloud, "authority": "login.example/", "graph_url": "https://graph.example/"})
    assert (own.authority, own.base_url) == ("https://login.example", "https://graph.example/v1.0")


@pytest.mark.parametrize("name", ["no.pem", "empty.pem"])
def test_a_ca_file_that_is_none(options: dict[str, Any], tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(InputError, match=r"^graph_ca_cert .*(cannot be read|contains no certificate)"):
        run({**options, "graph_ca_cert": str(tmp_path / name)}, TASK)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secret": None}, "No sign-in method is set"),
        ({"tenant": None}, "client_secret needs tenant;"),
        ({"auth_source": "env", "client_id": ""}, "client_secret needs client_id;"),
        ({"auth_source": "client_certificate"}, "client_certificate needs x509_certificate_path;"),
        ({"auth_source": "client_certificate", "x509_certificate_path": "/nowhere"}, "cannot be read: No such file"),
        ({"auth_source": "oidc"}, "needs oidc_token or oidc_token_file_path"),
        ({"auth_source": "oidc", "oidc_token_file_path": "/nowhere"}, "/nowhere cannot be read: No such file"),
        ({"auth_source": "oidc", "oidc_token_file_path": "/dev/null"}, "/dev/null is not a regular file"),
    ],
)
def test_what_is_missing_is_named_without_asking_anybody(
    graph: ScriptedGraph, options: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as raised:
        run({**options, **changes}, TASK)
    assert words in raised.value.message
    assert graph.sign_ins == []


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), ("Schl\u00fcssel".encode(), "is not a text file")])
def test_a_token_file_without_a_token(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"oidc_token_file_path {path} {words}"):
        run({**options, "auth_source": "oidc", "oidc_token_file_path": str(path)}, TASK)
    assert graph.sign_ins == []


@pytest.mark.parametrize("name", ["graph_ca_cert", "x509_certificate_path", "oidc_token_file_path"])
def test_a_file_that_others_may_write_is_not_believed(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, tls: Path, name: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes((tls / "ca.pem").read_bytes())
    path.chmod(0o666)
    ways = {"x509_certificate_path": "client_certificate", "oidc_token_file_path": "oidc"}
    with pytest.raises(InputError, match=rf"^{name} {path} can be changed by others"):
        run({**options, "auth_source": ways.get(name, "auto"), name: str(path)}, TASK)
    assert graph.sign_ins == []


@pytest.mark.parametrize(
    ("changes", "way"),
    [
        ({"x509_certificate_path": __file__}, "client_secret"),
        ({"secret": None, "x509_certificate_path": __file__, "oidc_token": "t"}, "client_certificate"),
        ({"secret": None, "oidc_token": "t"}, "oidc"),
        ({"secret": None, "oidc_token_file_path": __file__}, "oidc"),
        ({"auth_source": "cli"}, "cli"),
        ({"auth_source": "msi"}, "msi"),
    ],
)
def test_the_way_to_sign_in(options: dict[str, Any], changes: dict[str, Any], way: str) -> None:
    given = {**options, **changes}
    if given.get("oidc_token_file_path"):
        given["oidc_token_file_path"] = str(Path(given["graph_ca_cert"]))
    assert sign_in(given, endpoints(given)).name() == way


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PEM file with a key that has a password, and its certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    locked = serialization.BestAvailableEncryption(PASSWORD)
    path = tmp_path_factory.mktemp("app") / "app.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_certificate(graph: ScriptedGraph, options: dict[str, Any], certificate: Path) -> None:
    expect_the_read(graph)
    changes = {"secret": None, "x509_certificate_path": str(certificate), "certificate_password": PASSWORD.decode()}
    run({**options, **changes}, TASK)
    sent = form(graph)
    assert "client_secret" not in sent
    signed = certificate.read_bytes().split(b"-----END ENCRYPTED PRIVATE KEY-----")[1]
    public = x509.load_pem_x509_certificate(signed).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    audience = f"{graph.url}/{TENANT}/oauth2/v2.0/token"
    claims = jwt.decode(sent["client_assertion"], public, ["PS256", "RS256"], audience=audience)
    assert claims["iss"] == claims["sub"] == CLIENT_ID


@pytest.mark.parametrize("password", [None, "wrong"])
def test_a_certificate_that_cannot_be_opened(options: dict[str, Any], certificate: Path, password: str | None) -> None:
    changes = {"secret": None, "x509_certificate_path": str(certificate), "certificate_password": password}
    message, _error = message_of({**options, **changes})
    assert "does not contain a usable private key and certificate" in message


@pytest.mark.parametrize("from_file", [True, False])
def test_an_oidc_token(graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, from_file: bool) -> None:
    expect_the_read(graph)
    (tmp_path / "token").write_text("a.b.c\n")
    source = {"oidc_token_file_path": str(tmp_path / "token")} if from_file else {"oidc_token": "a.b.c"}
    run({**options, "secret": None, **source}, TASK)
    assert form(graph)["client_assertion"] == "a.b.c"


def test_a_cli_that_nobody_signed_in_to(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    message, error = message_of({**options, "auth_source": "cli"})
    assert "run `az login`" in message
    assert error.details["cause"] == "not_signed_in"


def test_what_a_library_says_is_not_passed_on(options: dict[str, Any]) -> None:
    error = sign_in_error(ValueError(f"bad thing with {SECRET}"), options, "https://login.example")
    assert isinstance(error, GraphError)
    assert (
        error.message
        == "Sign-in at https://login.example failed (ValueError); check authority, tenant and auth_source."
    )
