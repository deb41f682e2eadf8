"""Endpoints: what may be shown of them, when they may be asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.endpoints import Endpoint, pick, redact, retry_after, scrub

KEY = "s3cr3t-api-key"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://mainnet.example.com/?api-key={KEY}", "https://mainnet.example.com/…"),
        (f"https://{KEY}@rpc.example.com:8443/{KEY}/#{KEY}", "https://rpc.example.com:8443/…"),
        (f"wss://user:{KEY}@[::1]:8900", "wss://[::1]:8900"),
        ("http://127.0.0.1:8899/", "http://127.0.0.1:8899"),
        (KEY, "…"),
        (f"http://[{KEY}", "…"),
        (f"http://host:{KEY}/", "…"),
    ],
)
def test_only_scheme_and_host_of_a_url_are_shown(url: str, shown: str) -> None:
    assert redact(url) == shown


@pytest.mark.parametrize(
    "text",
    [
        "GET https://host.example/v2/{key}?token={key} failed",
        "no such path /v2/{key}",
        "token={key}&x=1 is wrong for {key}",
        "URL('https://host.example/v2/{key}?token={key}')",
    ],
)
def test_a_text_loses_every_part_of_the_url_that_may_be_a_key(text: str) -> None:
    url = f"https://host.example/v2/{KEY}?token={KEY}"
    assert KEY not in scrub(text.format(key=KEY), url)


def test_a_percent_encoded_key_is_scrubbed_in_both_forms() -> None:
    url = "https://host/?key=abc%2Fdef%3D"
    assert scrub("abc%2Fdef%3D abc/def=", url) == "… …"


@given(st.text(max_size=40), st.text(max_size=40))
def test_redacting_never_fails(path: str, key: str) -> None:
    for url in (path + key, f"http://{path}/{key}", f"https://{key}@host/{path}"):
        redact(url)
        scrub(f"said {url}", url)
        repr(Endpoint(url, requests_per_second=1, longest_backoff_seconds=1))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("inf", 120.0),
        ("999999", 120.0),
        ("Thu, 01 Jan 1970 00:01:10 GMT", 10.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0.0),
        ("Thu, 99 Jan 1970 00:00:10 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_within_a_limit(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, now=60.0) == seconds


def endpoint(rate: float = 0) -> Endpoint:
    return Endpoint("http://host", requests_per_second=rate, longest_backoff_seconds=4)


def test_the_rate_is_kept_over_any_second() -> None:
    one, now, sent = endpoint(rate=10), 100.0, []
    for _ in range(50):
        now = one.ready_at(now)
        one.spend(now, 1)
        sent.append(now)
    for start in sent:
        assert sum(start <= moment < start + 1 for moment in sent) <= 11


def test_a_batch_spends_as_many_calls() -> None:
    one = endpoint(rate=10)
    one.spend(100.0, 20)
    assert one.ready_at(100.0) == pytest.approx(102.0)


def test_pauses_grow_within_their_limit_and_end_with_a_success() -> None:
    one, longest = endpoint(), 0.0
    for now in range(100, 200, 10):
        one.failed(sent_at=now, now=now)
        longest = max(longest, one.ready_at(now) - now)
    assert 0.1 < longest <= 4
    one.succeeded()
    one.failed(sent_at=300, now=300)
    assert one.ready_at(300) <= 300.1


def test_requests_that_fail_together_count_once() -> None:
    one = endpoint()
    for _ in range(20):
        one.failed(sent_at=100, now=101)
    assert one.ready_at(101) <= 101.1


def test_what_the_endpoint_asks_for_is_waited() -> None:
    one = endpoint()
    one.failed(sent_at=100, now=100, pause=30)
    one.failed(sent_at=100, now=100)
    assert one.ready_at(101) == 130
    assert one.is_down(129)
    assert not one.is_down(130)


def test_the_first_ready_endpoint_is_asked_else_the_soonest() -> None:
    first, second = endpoint(), endpoint()
    assert pick([first, second], 100) is first
    first.failed(sent_at=100, now=100, pause=10)
    assert pick([first, second], 100) is second
    second.failed(sent_at=100, now=100, pause=20)
    assert pick([first, second], 100) is first
