"""Links: web sites over http and https alone, e-mail addresses that can be written to, nothing that misleads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules import links


@pytest.mark.parametrize(
    "address",
    [
        "https://www.acme.pt",
        "http://acme.pt/",
        "HTTPS://Acme.pt/Loja?a=1&b=2#fim",
        "https://acme.pt:8443/x",
        "https://pão.example/ementa",
        "http://192.168.1.10/",
        "http://[2001:db8::1]/",
        "https://sub_domain.acme.co.uk",
        "https://हिन्दी.भारत",
    ],
)
def test_a_web_site_is_kept_as_typed(address: str) -> None:
    assert links.website(f" {address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "www.acme.pt",
        "acme",
        "ftp://acme.pt",
        "javascript:alert(1)",
        "JavaScript://acme.pt/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://",
        "https:///acme.pt",
        "https:acme.pt",
        "https://acme",
        "https://.pt",
        "https://-acme.pt",
        "https://acme..pt",
        "https://acme.pt:0",
        "https://acme.pt:99999",
        "https://acme.pt:x",
        "https://[::1",
        "https://bank.example@evil.example/",
        "https://user:secret@acme.pt/",
        "https://acme.pt\\@evil.example",
        "https://acme.pt/a b",
        "https://acme.pt/\u202egnp.exe",
        "https://ac\nme.pt",
    ],
)
def test_what_is_no_web_site_or_misleads_is_refused(address: str) -> None:
    assert links.website(address) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ana@acme.pt", "ana@acme.pt"),
        (" Ana.Silva+pt@ACME.co.uk ", "Ana.Silva+pt@acme.co.uk"),
        ("o'neil@acme.ie", "o'neil@acme.ie"),
        ("joão@pão.example", "joão@pão.example"),
        ("a@b-c.museum", "a@b-c.museum"),
        (f"{'a' * 64}@acme.pt", f"{'a' * 64}@acme.pt"),
        ("ana@XN--PO-SIA.example", "ana@pão.example"),
        ("ana@BÜCHER.example", "ana@bücher.example"),
        ("josé@acme.pt", "josé@acme.pt"),
        ("ana@mail.acme.example", "ana@mail.acme.example"),
    ],
)
def test_an_email_is_kept_with_its_domain_in_lower_case(typed: str, kept: str) -> None:
    assert links.email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ana",
        "@acme.pt",
        "ana@",
        "ana@acme",
        "ana@@acme.pt",
        "ana@b@acme.pt",
        ".ana@acme.pt",
        "ana.@acme.pt",
        "an..a@acme.pt",
        "ana@acme..pt",
        "ana@-acme.pt",
        "ana@acme-.pt",
        "ana@acme.pt.",
        "ana@127.0.0.1",
        "ana silva@acme.pt",
        "Ana <ana@acme.pt>",
        "ana@acme.pt, rui@acme.pt",
        "ana@acme.pt\nBcc: all@acme.pt",
        "ana\u202e@acme.pt",
        f"{'a' * 65}@acme.pt",
        f"a@{'b' * 64}.pt",
        f"a@{'.'.join(['b' * 60] * 5)}",
        '"ana silva"@acme.pt',
        "ana(casa)@acme.pt",
        "ana@[192.168.1.10]",
        "ana@acme_lda.pt",
        "ana@printer.local",
        "ana@acme.invalid",
        "ana@xn--0.pt",
        "mailto:ana@acme.pt",
        "ana@acme.pt?bcc=all@acme.pt",
    ],
)
def test_what_is_no_email_is_refused(typed: str) -> None:
    assert links.email(typed) is None


@given(st.text(max_size=60) | st.from_regex(r"\A[a-z.@:/\\\-_0-9]{0,40}\Z") | st.emails())
def test_whatever_is_kept_stays_kept_and_is_one_line(typed: str) -> None:
    for check in (links.website, links.email):
        kept = check(typed)
        if kept is not None:
            assert check(kept) == kept
            assert kept.isprintable()
            assert " " not in kept
