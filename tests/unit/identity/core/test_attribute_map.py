# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attribute map: the data itself, and what it says of two users."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core import attribute_map
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import Compared, Overwrite
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import make_cloud_user
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import read_ad_user

METADATA = Path(__file__).resolve().parents[3] / "lab" / "entra" / "metadata.json"


def _compared(user: dict[str, Any]) -> Compared:
    own = {name: user[name] for name in Compared.__dataclass_fields__ if name in user}
    return Compared(**own, others={name: value for name, value in user.items() if name not in own})


def _overwrites(ad: dict[str, Any], cloud: dict[str, Any]) -> list[Overwrite]:
    return attribute_map.overwrites(_compared(ad), _compared(cloud))


def _effects(ad: dict[str, Any], cloud: dict[str, Any]) -> dict[str, str]:
    return {each.attribute: each.effect for each in _overwrites(ad, cloud)}


def test_each_row_names_one_key_one_attribute_and_a_property_that_graph_has() -> None:
    properties = json.loads(METADATA.read_text())["types"]["user"]["properties"]
    rows = attribute_map.ROWS
    for names in ([row.record for row in rows], [row.ad.lower() for row in rows], [row.entra for row in rows]):
        assert len(set(names)) == len(names)
    for row in rows:
        assert row.source
        # manager is a navigation property; every other one must be in Microsoft's own schema.
        assert row.form == attribute_map.REFERENCE or row.entra.partition(".")[0] in properties


def test_the_keys_of_the_map_fit_the_records() -> None:
    keys = {row.record for row in attribute_map.ROWS}
    ad = read_ad_user("CN=a", {"objectguid": [bytes(16)]}).record()
    for record in (ad, make_cloud_user({"id": "1"}).record()):
        assert {"enabled", "user_principal_name", "mail", "proxy_addresses"} == keys & set(record)


def test_both_sides_give_the_same_keys() -> None:
    empty = dict.fromkeys(attribute_map.SENT_KEYS)
    for sent in (attribute_map.ad_attributes({}), attribute_map.entra_attributes({})):
        assert attribute_map.by_key(sent) == empty
        assert attribute_map.mail_nickname(sent) is None


def test_empty_values_at_the_end_take_no_place_and_the_first_one_always_does() -> None:
    assert attribute_map.ad_attributes({}) == attribute_map.entra_attributes({}) == (None,)
    full = {f"extensionAttribute{number}": "x" for number in range(1, 16)}
    sent = attribute_map.entra_attributes({"onPremisesExtensionAttributes": full})
    assert attribute_map.by_key(sent)["extension_attribute_15"] == "x"
    assert len(sent) == len(attribute_map.SENT_KEYS)


def test_values_are_read_as_connect_sends_them() -> None:
    raw = {
        "title": [b"  Head of Sales "],
        "department": [b"   "],
        "cn": [b"Anna Berg"],
        "telephonenumber": [b"+49 30 1"],
        "extensionattribute15": [b"x"],
        "l": ["Köln".encode()],
    }
    values = attribute_map.by_key(attribute_map.ad_attributes(raw))
    assert values["job_title"] == "Head of Sales"
    assert values["department"] is None
    assert values["display_name"] == "Anna Berg"
    assert (values["business_phone"], values["extension_attribute_15"], values["city"]) == ("+49 30 1", "x", "Köln")
    cloud = attribute_map.entra_attributes(
        {
            "jobTitle": "Head of Sales",
            "displayName": "Anna Berg",
            "businessPhones": ["+49 30 1"],
            "city": "Köln",
            "onPremisesExtensionAttributes": {"extensionAttribute15": "x", "extensionAttribute1": None},
        }
    )
    assert attribute_map.by_key(cloud) == values


def test_everything_that_is_read_is_asked_for() -> None:
    assert {"cn", "msExchUsageLocation", "extensionAttribute7", "co"} <= set(attribute_map.ldap_attributes())
    assert "manager" not in attribute_map.ldap_attributes()
    assert attribute_map.entra_properties().count("onPremisesExtensionAttributes") == 1
    assert "employeeType" not in attribute_map.entra_properties()


@pytest.mark.parametrize(
    ("ad", "cloud", "effect"),
    [
        ("Sales", "Sales", None),
        ("Sales", "sales", "overwritten"),
        ("Sales", None, None),
        (None, "Sales", "at_risk"),
        (None, None, None),
    ],
)
def test_a_text(ad: str | None, cloud: str | None, effect: str | None) -> None:
    assert _effects({"department": ad}, {"department": cloud}).get("department") == effect


def test_the_two_values_are_named() -> None:
    assert _overwrites({"job_title": "Chef", "city": None}, {"job_title": "Head", "city": "Köln"}) == [
        Overwrite("job_title", cloud="Head", ad="Chef", effect="overwritten"),
        Overwrite("city", cloud="Köln", ad=None, effect="at_risk"),
    ]


def test_what_was_not_read_is_passed_over() -> None:
    assert _overwrites({"department": "Sales"}, {}) == []
    assert _overwrites({}, {"department": "Sales"}) == []


@pytest.mark.parametrize(
    ("ad", "cloud", "effect"),
    [
        (False, True, "disabled"),
        (True, False, "overwritten"),
        (True, True, None),
        (None, True, None),
        (True, None, None),
    ],
)
def test_the_account(ad: bool | None, cloud: bool | None, effect: str | None) -> None:
    assert _effects({"enabled": ad}, {"enabled": cloud}).get("enabled") == effect


def test_names_and_addresses_ignore_case_but_the_primary_prefix_does_not() -> None:
    ad = {"user_principal_name": "anna@contoso.com", "mail": "anna@contoso.com", "proxy_addresses": []}
    cloud = {
        "user_principal_name": "Anna@Contoso.com",
        "mail": "Anna@contoso.com",
        "proxy_addresses": ["SMTP:Anna@contoso.com"],
    }
    assert _overwrites(ad, cloud) == []
    swapped = {**ad, "proxy_addresses": ["SMTP:a@contoso.com", "smtp:anna@contoso.com"]}
    assert _effects(swapped, cloud) == {"mail": "overwritten", "proxy_addresses": "overwritten"}


def test_addresses_that_ad_does_not_know_are_overwritten_or_at_risk() -> None:
    cloud = {"mail": "a@x.com", "proxy_addresses": ["SMTP:a@x.com", "smtp:b@x.com"]}
    (change,) = _overwrites({"mail": "a@x.com", "proxy_addresses": []}, cloud)
    assert (change.effect, change.ad) == ("overwritten", ["SMTP:a@x.com"])
    assert _effects({"mail": None, "proxy_addresses": []}, cloud) == {"mail": "at_risk", "proxy_addresses": "at_risk"}


def test_what_entra_makes_or_keeps_by_itself_is_not_at_risk() -> None:
    ad = {"mail_nickname": None, "usage_location": None, "user_principal_name": None}
    cloud = {"mail_nickname": "anna", "usage_location": "DE", "user_principal_name": "anna@contoso.com"}
    assert _overwrites(ad, cloud) == []
    assert _effects({"usage_location": "AT"}, cloud) == {"usage_location": "overwritten"}
