# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ad_upn_suffix against the scripted server: what it reads, and the very values it writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import PASSWORD, Certificates, RunModule
from forest_script import BIND, PARTITIONS, ROOT, carriers, suffixes
from ldap_wire import ADD, CLOSE, DELETE, Bind, Done, Modify, Search, Turn, Wire

from ansible_collections.hybrid.identity.plugins.modules import ad_upn_suffix

Options = Callable[..., dict[str, Any]]
START = [BIND, ROOT]


def write(*changes: tuple[int, tuple[str, ...]], code: int = 0) -> Turn:
    operations = tuple((kind, b"uPNSuffixes", tuple(map(str.encode, values))) for kind, values in changes)
    return Turn(Modify(PARTITIONS.encode(), operations), (Done(code, "00002098: SecErr: DSID-1, problem 4003"),))


@pytest.fixture
def run(certificates: Certificates, options: Options, run_module: RunModule) -> Callable[..., dict[str, Any]]:
    """Run the module against a script and return its result."""

    def runner(script: list[Turn], check: bool = False, **arguments: Any) -> dict[str, Any]:
        with Wire(script, certificates.good) as wire:
            result, printed = run_module(ad_upn_suffix, {**options(wire), **arguments}, check)
        wire.verify()
        # module_args are echoed with no_log values masked.
        assert PASSWORD not in printed
        return result

    return runner


def test_adds_what_is_missing_and_nothing_else(run: Callable[..., dict[str, Any]]) -> None:
    script = [*START, *suffixes("Contoso.com"), write((ADD, ("fabrikam.com",)))]
    result = run(script, suffixes=["contoso.COM", "fabrikam.com", "AD.contoso.com"])
    assert result["changed"] is True
    assert result["before"] == ["Contoso.com"]
    assert result["suffixes"] == ["Contoso.com", "fabrikam.com"]
    assert result["added"] == ["fabrikam.com"]
    assert result["removed"] == []
    assert result["implicit"] == ["AD.contoso.com"]
    assert result["diff"]["before"] == "Contoso.com\n"
    assert result["diff"]["after"] == "Contoso.com\nfabrikam.com\n"


def test_check_mode_reads_alone(run: Callable[..., dict[str, Any]]) -> None:
    result = run([*START, *suffixes()], check=True, suffixes=["contoso.com"])
    assert (result["changed"], result["added"], result["suffixes"]) == (True, ["contoso.com"], ["contoso.com"])


def test_a_second_run_writes_nothing(run: Callable[..., dict[str, Any]]) -> None:
    assert run([*START, *suffixes("contoso.com")], suffixes=["contoso.com"])["changed"] is False


def test_nothing_wanted_is_nothing_to_do(run: Callable[..., dict[str, Any]]) -> None:
    assert run([*START, *suffixes("contoso.com")], suffixes=[])["changed"] is False


def test_removes_the_stored_spelling(run: Callable[..., dict[str, Any]]) -> None:
    script = [
        *START,
        *suffixes("Contoso.com", "x.com"),
        carriers(names=["Contoso.com"]),
        write((DELETE, ("Contoso.com",))),
    ]
    result = run(script, suffixes=["contoso.com", "never.example"], state="absent")
    assert (result["removed"], result["suffixes"]) == (["Contoso.com"], ["x.com"])


def test_exact_adds_and_removes_in_one_modify(run: Callable[..., dict[str, Any]]) -> None:
    change = write((DELETE, ("old.com", "older.com")), (ADD, ("new.com",)))
    script = [*START, *suffixes("old.com", "keep.com", "older.com"), carriers(names=["old.com", "older.com"]), change]
    result = run(script, suffixes=["KEEP.com", "new.com"], state="exact")
    assert result["suffixes"] == ["keep.com", "new.com"]


def test_exact_with_an_empty_list_removes_all(run: Callable[..., dict[str, Any]]) -> None:
    script = [*START, *suffixes("a.com"), carriers(names=["a.com"]), write((DELETE, ("a.com",)))]
    assert run(script, suffixes=[], state="exact")["suffixes"] == []


def test_a_suffix_in_use_stays(run: Callable[..., dict[str, Any]]) -> None:
    upns = [f"u{n}@A.com" for n in range(4)]
    result = run(
        [*START, *suffixes("a.com", "b.com"), carriers(*upns, names=["a.com", "b.com"])], suffixes=[], state="exact"
    )
    assert result["failed"] is True
    assert result["in_use"] == {"a.com": 4}
    assert "a.com is in use by 4 users: u0@A.com, u1@A.com, u2@A.com and 1 more" in result["msg"]


def test_force_does_not_ask(run: Callable[..., dict[str, Any]]) -> None:
    script = [*START, *suffixes("a.com"), write((DELETE, ("a.com",)))]
    assert run(script, suffixes=["a.com"], state="absent", force=True)["removed"] == ["a.com"]


def test_the_forests_own_domain_may_go_from_the_list(run: Callable[..., dict[str, Any]]) -> None:
    # It stays a suffix without being listed (facts §7), so its users are not counted.
    script = [*START, *suffixes("ad.contoso.com"), write((DELETE, ("ad.contoso.com",)))]
    assert run(script, suffixes=["AD.contoso.com"], state="absent")["removed"] == ["ad.contoso.com"]


@pytest.mark.parametrize(("code", "kind", "state"), [(20, ADD, "present"), (16, DELETE, "absent")])
def test_overtaken_by_somebody_else(run: Callable[..., dict[str, Any]], code: int, kind: int, state: str) -> None:
    wanted = ("a.com", "b.com")
    before, after = ((), ("a.com",)) if kind == ADD else (wanted, ("b.com",))
    rest = ("b.com",)
    script = [*START, *suffixes(*before), write((kind, wanted), code=code), *suffixes(*after), write((kind, rest))]
    result = run(script, suffixes=list(wanted), state=state, force=True)
    assert result["added" if kind == ADD else "removed"] == ["b.com"]
    assert result["changed"] is True


def test_overtaken_altogether(run: Callable[..., dict[str, Any]]) -> None:
    script = [*START, *suffixes(), write((ADD, ("a.com",)), code=20), *suffixes("A.com")]
    result = run(script, suffixes=["a.com"])
    assert (result["changed"], result["suffixes"]) == (False, ["A.com"])


def test_it_does_not_try_for_ever(run: Callable[..., dict[str, Any]]) -> None:
    script = [*START, *([*suffixes(), write((ADD, ("a.com",)), code=20)] * 3)]
    result = run(script, suffixes=["a.com"])
    assert (result["failed"], result["result_code"]) == (True, 20)


@pytest.mark.parametrize(
    ("code", "cause", "words"),
    [
        (50, "insufficient_rights", "lacks the right"),
        (10, "referral", "writable domain controller"),
        (53, "unwilling", "refuses"),
    ],
)
def test_refused_writes(run: Callable[..., dict[str, Any]], code: int, cause: str, words: str) -> None:
    result = run([*START, *suffixes(), write((ADD, ("a.com",)), code=code)], suffixes=["a.com"])
    assert (result["failed"], result["cause"], result["result_code"]) == (True, cause, code)
    assert words in result["msg"]


def test_a_read_only_server_refers_elsewhere(run: Callable[..., dict[str, Any]]) -> None:
    answer = Done(10, referral="ldap://dc1.ad.contoso.com/CN=Partitions")
    change = Turn(Modify(PARTITIONS.encode(), ((ADD, b"uPNSuffixes", (b"a.com",)),)), (answer,))
    assert run([*START, *suffixes(), change], suffixes=["a.com"])["cause"] == "referral"


def test_a_write_whose_end_is_unknown(run: Callable[..., dict[str, Any]]) -> None:
    result = run([*START, *suffixes(), Turn(Modify, (CLOSE,))], suffixes=["a.com"])
    assert result["cause"] == "connection_lost"
    assert "It is unknown" in result["msg"]


def test_a_hidden_partitions_container(run: Callable[..., dict[str, Any]]) -> None:
    hidden = Turn(suffixes()[0].expected, (Done(),))
    assert run([*START, hidden], suffixes=["a.com"])["cause"] == "insufficient_rights"


@pytest.mark.parametrize("suffix", ["@a.com", "a", "a com.de", "-a.com", "a..com", "a.com)(x=*", "1.2.3.4"])
def test_what_is_no_dns_name_is_refused_before_any_network(run: Callable[..., dict[str, Any]], suffix: str) -> None:
    for state in ("present", "exact"):
        result = run([], suffixes=["b.com", suffix], state=state)
        assert result["failed"] is True
        assert "DNS" in result["msg"]


def test_several_domains_are_counted_at_the_global_catalog(
    certificates: Certificates, options: Options, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session import options as module

    domains = ("ad.contoso.com", "sub.ad.contoso.com")
    script = [*START, *suffixes("a.com", domains=domains)]
    catalog_script = [BIND, carriers("x@a.com", "y@a.com", names=["a.com"], base="")]
    with Wire(script, certificates.good) as wire, Wire(catalog_script, certificates.good) as catalog:
        monkeypatch.setitem(module._CATALOG_PORTS, "ldaps", catalog.port)
        result, _code = run_module(ad_upn_suffix, {**options(wire), "suffixes": ["a.com"], "state": "absent"})
    wire.verify()
    catalog.verify()
    assert result["in_use"] == {"a.com": 2}


def test_no_global_catalog_there(
    certificates: Certificates, options: Options, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session import options as module

    monkeypatch.setitem(module._CATALOG_PORTS, "ldaps", 9)
    script = [*START, *suffixes("a.com", domains=("ad.contoso.com", "sub.ad.contoso.com"))]
    with Wire(script, certificates.good) as wire:
        result, _code = run_module(ad_upn_suffix, {**options(wire), "suffixes": ["a.com"], "state": "absent"})
    wire.verify()
    assert (result["failed"], result["cause"]) == (True, "connection_refused")
    assert "global catalog" in result["msg"]
    assert "force" in result["msg"]


def test_the_password_is_in_no_failure(run: Callable[..., dict[str, Any]]) -> None:
    result = run([Turn(Bind, (Done(49, f"data 52e, {PASSWORD}"),))], suffixes=["a.com"])
    assert result["cause"] == "wrong_password"


def test_carriers_are_read_in_pages(run: Callable[..., dict[str, Any]]) -> None:
    first = carriers("u0@a.com", names=["a.com"])
    assert isinstance(first.expected, Search)
    again = Search(
        first.expected.base, first.expected.scope, first.expected.filter, first.expected.attributes, (1000, b"next")
    )
    pages = [
        Turn(first.expected, (*first.answers[:-1], Done(cookie=b"next"))),
        Turn(again, (*first.answers[:-1], Done(cookie=b""))),
    ]
    result = run([*START, *suffixes("a.com"), *pages], suffixes=["a.com"], state="absent")
    assert result["in_use"] == {"a.com": 2}
