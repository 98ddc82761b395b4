"""Requests that are refused, and what every response tells the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from forgetbench.view.app import view_app


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return TestClient(view_app(tmp_path), base_url="http://localhost:8642")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_only_reading_is_allowed(client: TestClient, method: str) -> None:
    response = client.request(method, "/")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_a_head_has_no_body(client: TestClient) -> None:
    response = client.head("/")
    assert response.status_code == 200 and response.content == b""


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1", "LOCALHOST:8642", "127.0.0.1:8642", "127.0.0.2", "[::1]:8642"]
)
def test_the_machine_s_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8642", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.7:8642",
        "0.0.0.0", "[::]", "localhost@evil.example", "evil.example#localhost", "localhost:port", "localhost/evil", "",
        "[::1]evil", "[::1]evil:8642", "user@localhost",
    ],
)  # fmt: skip
def test_any_other_name_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 421


def test_where_others_may_reach_it_addresses_are_answered_and_names_are_not(tmp_path: Path) -> None:
    client = TestClient(view_app(tmp_path, names=("localhost", "box.example"), loopback=False))
    answers = {
        host: client.get("/", headers={"Host": host}).status_code
        for host in ("192.168.0.7:8642", "[fe80::1]:8642", "box.example", "evil.example")
    }
    assert answers == {"192.168.0.7:8642": 200, "[fe80::1]:8642": 200, "box.example": 200, "evil.example": 421}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "https://localhost:8642"])
def test_other_origins_are_refused(client: TestClient, origin: str) -> None:
    assert client.get("/", headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_picture_of_another_site_asks_for_nothing_and_a_link_may_lead_here(client: TestClient, site: str) -> None:
    asked = {
        kind: client.get("/", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Dest": kind}).status_code
        for kind in ("image", "script", "empty", "iframe", "document")
    }
    assert asked == {"image": 403, "script": 403, "empty": 403, "iframe": 403, "document": 200}


def test_its_own_pages_may_ask(client: TestClient) -> None:
    assert client.get("/", headers={"Origin": "http://localhost:8642"}).status_code == 200


@pytest.mark.parametrize("address", ["/", "/nowhere", "/style.css"])
def test_every_response_keeps_the_browser_from_mischief(client: TestClient, address: str) -> None:
    headers = client.get(address).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers and "server" not in headers
