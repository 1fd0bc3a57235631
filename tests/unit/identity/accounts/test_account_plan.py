# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of accounts, from records and a directory in memory."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from support.descriptors import DOMAIN_SID, of_domain

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.changes import (
    AccountChange,
    build_result,
    diff_accounts,
    left_out_lines,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.directory import AccountDirectory
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.given_passwords import (
    GivenPasswords,
    parse_given_passwords,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.paths import read_paths
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.plan import (
    Rules,
    disabled_in_cloud,
    plan_accounts,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.proposals import (
    AccountPlan,
    decide_accounts,
    list_writes,
    make_record,
    read_planned,
    refuse_changed,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.requests import read_account_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.values import WRITTEN, Country
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.objects import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.protected_accounts import build_shield
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    read_accepted_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.decision import Terms
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.changes import Review
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.reviewed_plan import (
    ACCOUNTS,
    read_review,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.log_reasons import (
    stays_disabled_reason,
)

BASE = "DC=ad,DC=contoso,DC=com"
OU = f"OU=Staff,{BASE}"
SCHEMA: dict[str, int | None] = {name.lower(): None for name in WRITTEN if name != "mailNickname"}
SCHEMA.update({"department": 64, "userprincipalname": 1024, "sn": 64, "displayname": 256})
COUNTRIES = {"germany": Country("DE", "Germany", "276"), "de": Country("DE", "Germany", "276")}


def key(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def account(name: str, **changes: Any) -> AdObject:
    values: dict[str, list[str]] = {
        "userprincipalname": [f"{name}@contoso.com"],
        "samaccountname": [name],
        "objectclass": ["top", "person", "organizationalPerson", "user"],
        "samaccounttype": ["805306368"],
        "useraccountcontrol": ["512"],
    }
    for key, value in changes.items():
        values[key.lower()] = value if isinstance(value, list) else [value]
    raw = {key.replace("_", "-"): [each.encode() for each in value] for key, value in values.items() if value}
    raw["objectguid"] = [uuid.uuid5(uuid.NAMESPACE_OID, name).bytes_le]
    return AdObject(f"CN={name},{OU}", raw)


def plan(records: list[dict[str, Any]], *found: AdObject, **changes: Any) -> list[AccountChange]:
    given = changes.pop("given", GivenPasswords())
    rules = {"paths": read_paths(OU, ()), **changes}
    requests = read_account_requests(records, given)
    return plan_accounts(
        requests, AccountDirectory(found), Rules(**rules), SCHEMA, lambda text: COUNTRIES.get(text.lower())
    )


def decide(changes: list[AccountChange], **terms: Any) -> AccountPlan:
    return decide_accounts(changes, Terms(**terms), "the plan")


def passwords(line: str) -> GivenPasswords:
    return parse_given_passwords(f"user_principal_name,password\n{line}\n".encode(), "passwords.csv")


def one(record: dict[str, Any], *found: AdObject, **changes: Any) -> AccountChange:
    (change,) = plan([{"user_principal_name": "anna@contoso.com", **record}], *found, **changes)
    return change


def test_everything_of_a_record_is_written() -> None:
    change = one(
        {
            "display_name": "Anna Berg",
            "surname": " ",
            "mail": "anna@contoso.com",
            "proxy_addresses": ["smtp:a.berg@contoso.com", "SMTP:anna@contoso.com", "x500:/o=old"],
            "country": "germany",
            "postal_code": 10115,
            "mail_nickname": "anna",
            "enabled": False,
        }
    )
    assert change.status == "created"
    assert change.dn == f"CN=Anna Berg,{OU}"
    assert change.after == {
        "cn": ("Anna Berg",),
        "sAMAccountName": ("anna",),
        "userPrincipalName": ("anna@contoso.com",),
        "userAccountControl": ("514",),
        "displayName": ("Anna Berg",),
        "mail": ("anna@contoso.com",),
        "proxyAddresses": ("SMTP:anna@contoso.com", "smtp:a.berg@contoso.com", "x500:/o=old"),
        "c": ("DE",),
        "co": ("germany",),
        "countryCode": ("276",),
        "postalCode": ("10115",),
    }
    assert change.left_out == {"mail_nickname": "the schema of the directory has no mailNickname"}


def test_a_code_becomes_the_name_of_the_country() -> None:
    assert one({"country": "DE"}).after["co"] == ("Germany",)


def test_an_unknown_country_is_written_to_co_only() -> None:
    change = one({"country": "Deutschland", "city": "Bonn"})
    assert change.status == "created"
    assert {name: change.after.get(name) for name in ("c", "co", "countryCode", "l")} == {
        "c": None,
        "co": ("Deutschland",),
        "countryCode": None,
        "l": ("Bonn",),
    }
    line = (
        "country: anna@contoso.com: 'Deutschland' is not a country of ISO 3166, so only co can have it; in Entra "
        "ID, use the English name or the two-letter code"
    )
    assert build_result([change])["table"][-1] == line


def test_an_unknown_country_does_not_replace_a_known_one() -> None:
    found = account("anna", c="DE", co="Germany", countryCode="276")
    change = one({"country": "Atlantis"}, found, update="always")
    assert change.status == "unchanged"
    assert "written" not in str(change.left_out)
    only_co = account("anna", co="Atlantis", countryCode="0")
    assert one({"country": "Lemuria"}, only_co, update="always").after == {"co": ("Lemuria",)}
    assert one({"country": "Lemuria"}, only_co).status == "unchanged"
    assert set(one({"country": "DE"}, only_co, update="always").after) == {"c", "co", "countryCode"}


def test_reasons_for_what_is_left_out_are_told_once() -> None:
    records = [{"user_principal_name": f"{name}@contoso.com", "mail_nickname": name} for name in "ba"]
    lines = build_result(plan(records))["table"]
    assert lines[-1] == "mail_nickname: a@contoso.com, b@contoso.com: the schema of the directory has no mailNickname"
    assert left_out_lines(plan(records), limit=0) == ["... and 1 more reason"]


def test_mail_becomes_the_primary_address() -> None:
    change = one({"mail": "anna@contoso.com", "proxy_addresses": ["anna@fabrikam.com", "smtp:ANNA@contoso.com"]})
    assert change.after["proxyAddresses"] == ("SMTP:anna@contoso.com", "smtp:anna@fabrikam.com")


@pytest.mark.parametrize(
    ("record", "cause"),
    [
        ({"user_principal_name": "anna"}, "malformed_upn"),
        ({"user_principal_name": "a b@contoso.com"}, "malformed_upn"),
        ({"department": "x" * 65}, "value_too_long"),
        ({"user_principal_name": f"{'a' * 1020}@contoso.com"}, "value_too_long"),
        ({"department": ["Sales"]}, "malformed_value"),
        ({"department": "a\0b"}, "malformed_value"),
        ({"proxy_addresses": "SMTP:a@b.c"}, "malformed_value"),
        ({"proxy_addresses": ["SMTP:a@b.c", "SMTP:d@b.c"]}, "two_primary_addresses"),
        ({"sam_account_name": "a*b"}, "bad_sam_account_name"),
        ({"status": "not_found", "cause": "no_cloud_user", "reason": "Nobody."}, "no_cloud_user"),
        ({"user_principal_name": "an$na@contoso.com"}, "invalid_upn"),
        ({"user_principal_name": "anna.@contoso.com"}, "invalid_upn"),
        ({"user_principal_name": f"{'a' * 65}@contoso.com"}, "invalid_upn"),
    ],
)
def test_what_cannot_be_written_is_refused(record: dict[str, Any], cause: str) -> None:
    change = one(record)
    assert (change.status, change.cause, change.after) == ("refused", cause, {})


def test_a_table_does_not_say_why_an_account_is_protected() -> None:
    change = one({"user_principal_name": "adele@contoso.com"})
    change = replace(change, left_out={"enabled": stays_disabled_reason("it belongs to Domain Admins")})
    assert left_out_lines([change]) == [
        "enabled: adele@contoso.com: the account is protected; an administrator must enable it"
    ]
    assert "Domain Admins" in str(change.result()["left_out"])


@pytest.mark.parametrize(("cause", "status"), [("unlicensed", "left_out"), ("excluded_group", "excluded")])
def test_who_is_left_out_counts_neither_as_changed_nor_as_refused(cause: str, status: str) -> None:
    left = {"user_principal_name": "gast@contoso.com", "status": "left_out", "cause": cause, "reason": "No person."}
    anna = {"user_principal_name": "anna@contoso.com", "manager": "gast@contoso.com"}
    changes = plan([left, anna], hash_sync=False)
    assert [(change.status, change.cause) for change in changes] == [(status, cause), ("created", None)]
    assert "manager" in changes[1].left_out
    result = build_result(changes)
    assert (result["summary"][status], result["summary"]["refused"]) == (1, 0)
    assert decide(changes).decided.verdict == ""
    refused = decide(plan([left, {"user_principal_name": "b$@contoso.com"}]))
    assert refused.decided.verdict.startswith("Nothing was changed: 1 of 1 user is refused")
    assert [change.status for change in refused.changes] == [status, "refused"]


def test_who_is_left_out_is_in_the_table_with_the_reason() -> None:
    left = [
        {
            "user_principal_name": f"{name}@contoso.com",
            "status": "left_out",
            "cause": "unlicensed",
            "reason": "No licence.",
        }
        for name in "ba"
    ]
    assert build_result(plan(left))["table"][-1] == "left out: a@contoso.com, b@contoso.com: No licence."


def test_a_upn_that_entra_connect_would_not_keep_makes_no_account() -> None:
    refused, other = plan([{"user_principal_name": "an$na@contoso.com"}, {"user_principal_name": "ben@contoso.com"}])
    assert refused.reason == (
        "A sync would replace the UPN an$na@contoso.com with another one, because it contains '$'. Change the UPN of "
        "the cloud user, and run the task again."
    )
    assert other.status == "created"
    existing = account("an$na")
    assert plan([{"user_principal_name": "an$na@contoso.com"}], existing)[0].status == "unchanged"


def test_a_length_is_counted_as_ad_counts_it() -> None:
    assert one({"department": "ü" * 64}).status == "created"
    assert one({"department": "😀" * 33}).cause == "value_too_long"


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (account("other", mail="ANNA@contoso.com"), "address_of_other_account"),
        (account("other", proxyAddresses="smtp:anna@contoso.com"), "address_of_other_account"),
        (account("other", userPrincipalName=[], mail="anna@contoso.com"), "address_of_other_account"),
        (account("anna", objectClass=["top", "person", "user", "computer"]), "not_a_user"),
        (account("anna", isCriticalSystemObject="TRUE"), "system_account"),
        (account("anna", msDS_ObjectSoa="Cloud"), "cloud_managed_account"),
    ],
)
def test_whom_the_directory_has_in_the_way(found: AdObject, cause: str) -> None:
    change = one({"mail": "anna@contoso.com"}, found)
    assert (change.status, change.cause, change.after) == ("refused", cause, {})


def test_the_holder_of_an_address_is_named() -> None:
    reason = one({"mail": "anna@contoso.com"}, account("other", mail="anna@contoso.com")).reason or ""
    assert f"CN=other,{OU}" in reason
    assert "whose UPN is other@contoso.com" in reason


def test_repeats_in_the_list_are_refused() -> None:
    twice = plan([{"user_principal_name": "a@contoso.com"}, {"user_principal_name": "A@contoso.com"}])
    assert [change.cause for change in twice] == ["duplicate_record"] * 2
    shared = plan([{"user_principal_name": f"{name}@contoso.com", "mail": "x@contoso.com"} for name in "ab"])
    assert [change.cause for change in shared] == ["address_wanted_twice"] * 2


def test_updates_fill_overwrite_or_leave() -> None:
    found = account("anna", department="Old", countryCode="0")
    record = {"department": "New", "given_name": "Anna", "country": "DE", "enabled": False}
    assert one(record, found, update="never").status == "unchanged"
    filled = one(record, found)
    assert (filled.status, set(filled.after)) == ("updated", {"givenName", "c", "co", "countryCode"})
    always = one(record, found, update="always")
    assert always.before["department"] == ("Old",)
    assert always.after["userAccountControl"] == ("514",)
    assert one({}, found, update="always").status == "unchanged"


def test_a_second_run_changes_nothing() -> None:
    record = {"display_name": "Anna", "mail": "anna@contoso.com", "country": "Germany"}
    made = one(record)
    found = account("anna", **{name: list(values) for name, values in made.after.items()})
    assert one(record, found).status == "unchanged"
    assert one(record, found, update="always").status == "unchanged"


def test_two_people_of_one_name_and_one_who_is_there() -> None:
    records = [
        {"user_principal_name": f"john.smith@{domain}", "display_name": "John Smith"}
        for domain in ("fabrikam.com", "contoso.com")
    ]
    second, first = plan(records)
    assert (first.sam, first.dn) == ("john.smith", f"CN=John Smith,{OU}")
    assert (second.sam or "").startswith("john.smith-")
    assert second.dn == f"CN=John Smith ({second.sam}),{OU}"
    taken = plan(records, account("JOHN.SMITH", userPrincipalName="js@contoso.com"))
    assert taken[0].sam == second.sam
    assert taken[1].sam not in ("john.smith", second.sam)


def test_managers_are_found_in_the_run_and_in_the_directory() -> None:
    boss = {"user_principal_name": "boss@contoso.com", "id": "00000000-0000-4000-8000-00000000000B"}
    changes = plan(
        [
            {"user_principal_name": "a@contoso.com", "manager": {"id": boss["id"].lower()}},
            {"user_principal_name": "b@contoso.com", "manager": "there@contoso.com"},
            {"user_principal_name": "c@contoso.com", "manager": "nobody@contoso.com"},
            boss,
        ],
        account("there"),
    )
    assert changes[0].manager == changes[3].dn == changes[0].after["manager"][0]
    assert (changes[1].manager, changes[1].after["manager"]) == (None, (f"CN=there,{OU}",))
    assert "manager" in changes[2].left_out


def test_paths_by_rules() -> None:
    rules: list[dict[str, Any]] = [
        {"department": ["Sales", "Press"], "city": "Berlin", "path": f"OU=Berlin,{OU}"},
        {"upn_suffix": "fabrikam.com", "path": f"OU=Fabrikam,{OU}"},
    ]
    paths = read_paths(None, rules)
    assert paths.of({"department": "sales", "city": "BERLIN"}) == f"OU=Berlin,{OU}"
    assert paths.of({"user_principal_name": "a@Fabrikam.com"}) == f"OU=Fabrikam,{OU}"
    assert one({}, paths=paths).cause == "no_path"


@pytest.mark.parametrize(
    "rule", [{"department": "Sales"}, {"path": OU}, {"departmant": "Sales", "path": OU}, {"city": "x", "path": "Sales"}]
)
def test_a_rule_that_cannot_be_meant(rule: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        read_paths(OU, [rule])


def test_given_passwords() -> None:
    rules: dict[str, Any] = {"password": "given", "shortest_password": 7}
    change = one({}, given=passwords("Anna@contoso.com,Secret-1"), **rules)
    assert (change.status, change.request.password) == ("created", "Secret-1")
    assert "Secret-1" not in repr(change) + repr(change.result()) + repr(diff_accounts([change]))
    assert one({}, given=passwords("bob@contoso.com,Secret-1"), **rules).cause == "no_password"
    short = one({}, given=passwords("anna@contoso.com,short"), **rules)
    assert short.cause == "password_too_short"


@pytest.mark.parametrize("record", [{"password": "Secret-1"}, {"Password": "Secret-1"}, {"password": None}])
@pytest.mark.parametrize("status", ["found", "not_found"])
def test_a_password_in_a_record_is_refused(record: dict[str, Any], status: str) -> None:
    with pytest.raises(InputError, match="given_passwords_file") as raised:
        one({"status": status, **record})
    assert "Secret-1" not in raised.value.message


def test_what_password_hash_sync_would_do() -> None:
    assert one({}).password_hash_sync == "replaces_with_kept"
    assert (
        one({}, given=passwords("anna@contoso.com,Secret-1"), password="given").password_hash_sync
        == "replaces_with_given"
    )
    assert one({}, account("anna")).password_hash_sync == "replaces_with_existing"


def test_who_would_be_disabled_in_the_cloud() -> None:
    changes = plan(
        [{"user_principal_name": "a@b.c"}, {"user_principal_name": "d@b.c", "enabled": False}], enabled="false"
    )
    assert disabled_in_cloud(changes) == ["a@b.c"]
    assert disabled_in_cloud(plan([{"user_principal_name": "d@b.c", "enabled": False}])) == []


@pytest.mark.parametrize("update", ["never", "empty", "always"])
@pytest.mark.parametrize("record", [{"enabled": True}, {}, {"enabled": True, "department": "Sales"}])
def test_an_account_that_is_disabled_already_disables_its_cloud_user_too(update: str, record: dict[str, Any]) -> None:
    change = one(record, account("anna", useraccountcontrol="514"), update=update)
    assert disabled_in_cloud([change]) == ["anna@contoso.com"]
    known = one({**record, "enabled": False}, account("anna", useraccountcontrol="514"), update=update)
    assert disabled_in_cloud([known]) == []
    assert disabled_in_cloud([one(record, account("anna"), update=update)]) == []


MADE = frozenset({str(uuid.uuid5(uuid.NAMESPACE_OID, "anna"))})
SHIELD = build_shield(DOMAIN_SID, [(f"CN=Domain Admins,{BASE}", of_domain(512), "Domain Admins")], [], [])


def disabled(control: int = 514, **changes: Any) -> AdObject:
    found = account("anna", useraccountcontrol=str(control), primarygroupid="513", **changes)
    return replace(found, attributes={**found.attributes, "objectsid": [of_domain(1600)]})


def test_an_account_that_a_journal_records_as_made_is_enabled() -> None:
    change = one({"enabled": True}, disabled(), update="always", made=MADE, shield=SHIELD)
    assert (change.status, change.after, change.left_out) == ("updated", {"userAccountControl": ("512",)}, {})


@pytest.mark.parametrize(
    ("found", "rules", "why"),
    [
        (disabled(), {"made": frozenset()}, "the journal does not show"),
        (disabled(), {"made": frozenset({str(uuid.uuid4())})}, "the journal does not show"),
        (disabled(546), {}, "the account does not need a password (PASSWD_NOTREQD)"),
        (disabled(), {"shield": None}, "it could not be read whether the account is protected"),
        (disabled(memberof=f"CN=Domain Admins,{BASE}"), {}, "it belongs to Domain Admins"),
        (disabled(admincount="1"), {}, "it has adminCount set"),
    ],
)
@pytest.mark.parametrize("wish", [{"enabled": True}, {}])
def test_an_account_that_stays_disabled(found: AdObject, rules: dict[str, Any], why: str, wish: dict[str, Any]) -> None:
    given = {"made": MADE, "shield": SHIELD, "enabled": "same" if wish else "true", **rules}
    change = one({"department": "Sales", **wish}, found, update="always", **given)
    assert (change.status, change.after) == ("updated", {"department": ("Sales",)})
    assert why in change.left_out["enabled"]
    assert disabled_in_cloud([change]) == ["anna@contoso.com"]


@pytest.mark.parametrize(
    ("hash_sync", "words"), [(True, "Password hash synchronization is on. "), (None, "synchronization may be on. ")]
)
def test_random_passwords_lock_people_out_of_the_cloud(hash_sync: bool | None, words: str) -> None:
    records = [{"user_principal_name": f"{name}@contoso.com"} for name in ("anna", "bert", "there")]
    changes = plan(records, account("there"), hash_sync=hash_sync)
    refused = decide(changes)
    assert [(change.status, change.cause) for change in refused.changes] == [
        ("refused", "password_replaced"),
        ("refused", "password_replaced"),
        ("unchanged", None),
    ]
    sentence = refused.decided.verdict
    assert refused.decided.is_reviewable
    shown = [each["change"] for each in refused.records() if each["change"]]
    assert [(each["status"], bool(each["proposed"])) for each in shown] == [
        ("refused", True),
        ("refused", True),
        ("unchanged", False),
    ]
    assert "anna@contoso.com, bert@contoso.com: Password hash synchronization" in sentence
    assert words in sentence
    assert "can no longer sign in with their cloud password" in sentence
    everybody = read_accepted_effects({"password_replaced": "all"})
    assert [each.status for each in decide(changes, accepted=everybody).changes] == [*["created"] * 2, "unchanged"]
    some = read_accepted_effects({"password_replaced": ["ANNA@contoso.com"]})
    assert [each.status for each in decide(changes, accepted=some).changes] == ["created", "refused", "unchanged"]
    off = plan(records, hash_sync=False)
    assert [each.status for each in decide(off).changes] == ["created"] * 3
    given = plan(records[:1], given=passwords("anna@contoso.com,Secret-1"), password="given", hash_sync=hash_sync)
    assert decide(given).changes[0].status == "created"


def test_the_values_of_a_plan_are_listed_one_by_one() -> None:
    made = one({"display_name": "Anna", "mail": "anna@contoso.com", "proxy_addresses": ["smtp:a@contoso.com"]})
    key = f"cn=anna, {OU.lower().replace(',', ', ')}"
    assert [(each.attribute, each.before, each.after) for each in list_writes(made) if each.id == key] == [
        ("cn", None, "Anna"),
        ("sAMAccountName", None, "anna"),
        ("userPrincipalName", None, "anna@contoso.com"),
        ("userAccountControl", None, "512"),
        ("displayName", None, "Anna"),
        ("mail", None, "anna@contoso.com"),
        ("proxyAddresses", None, "SMTP:anna@contoso.com"),
        ("proxyAddresses", None, "smtp:a@contoso.com"),
    ]
    found = account("anna", department="Old", proxyAddresses=["smtp:a@contoso.com", "smtp:b@contoso.com"])
    record = {"department": "New", "proxy_addresses": ["smtp:a@contoso.com", "smtp:c@contoso.com"]}
    changed = one(record, found, update="always")
    guid = str(uuid.uuid5(uuid.NAMESPACE_OID, "anna"))
    assert [(each.id, each.attribute, each.before, each.after) for each in list_writes(changed)] == [
        (guid, "proxyAddresses", "smtp:b@contoso.com", None),
        (guid, "proxyAddresses", None, "smtp:c@contoso.com"),
        (guid, "department", "Old", "New"),
    ]


def test_only_what_the_plan_says_is_carried_out() -> None:
    records = [{"user_principal_name": f"{name}@contoso.com", "display_name": name} for name in ("anna", "bert")]
    planned = read_planned(map(make_record, plan(records, hash_sync=False)))
    assert set(planned) == {"anna@contoso.com", "bert@contoso.com"}
    same = refuse_changed(decide(plan(records, hash_sync=False)), planned)
    assert [change.status for change in same.changes] == ["created", "created"]
    records[1]["department"] = "Sales"
    more = plan([*records, {"user_principal_name": "carl@contoso.com"}], hash_sync=False)
    other = refuse_changed(decide(more), planned)
    assert [(change.status, change.cause) for change in other.changes] == [
        ("created", None),
        ("refused", "changed_since"),
        ("refused", "changed_since"),
    ]
    there = refuse_changed(decide(plan(records[:1], account("anna", displayName="anna"))), planned)
    assert [change.status for change in there.changes] == ["unchanged"]


def reviewed(changes: list[AccountChange]) -> Review:
    header: Any = {"tenant": "t", "domain": "d"}
    return read_review(header, [dict(make_record(change)) for change in changes], "plan.jsonl", ACCOUNTS)


def test_only_reviewed_accounts_are_made() -> None:
    anna, bert, carl = (
        {"user_principal_name": f"{name}@contoso.com", "id": key(name)} for name in ("anna", "bert", "carl")
    )
    review = reviewed(plan([anna, bert, {**carl, "department": "Sales"}], hash_sync=False))
    fresh = plan([anna, {**carl, "department": "Press"}, {"user_principal_name": "dora@contoso.com"}], hash_sync=False)
    decided = decide(fresh, review=review)
    assert [change.status for change in decided.changes] == ["created", "changed_since_review", "not_reviewed"]
    assert decided.decided.missing == ("bert@contoso.com",)
    other_container = decide(plan([anna], paths=read_paths(f"OU=Other,{BASE}", ()), hash_sync=False), review=review)
    assert [change.status for change in other_container.changes] == ["changed_since_review"]
    other_user = decide(plan([{**anna, "id": key("x")}], hash_sync=False), review=review)
    assert "(the cloud user)" in (other_user.changes[0].reason or "")


def test_an_account_that_is_there_as_reviewed_is_done() -> None:
    """A run that was killed is run again: the name has another spelling in the directory."""
    record = {"user_principal_name": "anna@contoso.com", "display_name": "anna", "id": key("anna")}
    made = plan([record], paths=read_paths(OU.lower(), ()), hash_sync=False)
    there = account("anna", displayName="anna", cn="anna", proxyAddresses=[])
    again = decide(plan([record], there, hash_sync=False), review=reviewed(made))
    assert [change.status for change in again.changes] == ["already_done"]
    disabled = account("anna", displayName="anna", cn="anna", userAccountControl="514")
    other = decide(plan([record], disabled, hash_sync=False), review=reviewed(made))
    assert [change.status for change in other.changes] == ["changed_since_review"]


def test_a_review_accepts_the_effects_that_it_shows() -> None:
    record = {"user_principal_name": "anna@contoso.com", "id": key("anna")}
    refused = decide(plan([record]))
    header: Any = {"tenant": "t", "domain": "d"}
    review = read_review(header, [dict(each) for each in refused.records()], "plan.jsonl", ACCOUNTS)
    assert [change.status for change in decide(plan([record]), review=review).changes] == ["created"]
    later = plan([{**record, "department": "Sales"}])
    assert [change.status for change in decide(later, review=review).changes] == ["changed_since_review"]


def test_the_forest_must_have_the_suffix() -> None:
    known = frozenset({"fabrikam.com"})
    changes = plan(
        [{"user_principal_name": f"a@{domain}"} for domain in ("Fabrikam.com", "contoso.com")], suffixes=known
    )
    assert [(change.status, change.cause) for change in changes] == [
        ("created", None),
        ("refused", "missing_upn_suffix"),
    ]
    assert one({}, account("anna"), suffixes=known).status == "unchanged"
