"""What is said where no PostgreSQL server answers, and refusals of servers we do not have here, in their own words."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import psycopg
import pytest

from realtime_advisor.observation.address import parse_address
from realtime_advisor.observation.refusals import explain_connecting

from .conftest import SECRET, refusal

ADDRESS = parse_address("postgresql://postgres.abc:s3cr3t@pooler.example.com:6543/app")
WHO = "role postgres.abc on database app"
AT = 'connection failed: connection to server at "192.0.2.7", port 6543 failed: '


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            AT + "FATAL:  Tenant or user not found",
            "The pooler pooler.example.com:6543 does not know user postgres.abc; on Supabase's pooler",
        ),
        (
            AT + 'FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "a", database "app", no encryption',
            f"The server pooler.example.com:6543 wants an SSL connection for {WHO}; add ?sslmode=require to the URL.",
        ),
        (
            AT + 'FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "a", database "app", SSL encryption\n'
            'connection to server at "192.0.2.7", port 6543 failed: FATAL:  no pg_hba.conf entry for host "192.0.2.9", '
            'user "a", database "app", no encryption',
            f"The server pooler.example.com:6543 admits no connection from here for {WHO}; have an entry added",
        ),
        (AT + "FATAL: SSL required", f"wants an SSL connection for {WHO}"),
        (AT + "FATAL:  sorry, too many clients already", f"has no free connection for {WHO}; try again later"),
        (
            AT + "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            f"has no free connection for {WHO}",
        ),
        (AT + "FATAL:  Max client connections reached", f"has no free connection for {WHO}"),
        (
            AT + "FATAL:  the database system is starting up",
            f"takes no connections just now for {WHO} (the database system is starting up); try again in a moment.",
        ),
        (
            AT + "FATAL: server login has been failing, try again later (server_login_retry)",
            f"has no connection to its own PostgreSQL server for {WHO} (server login has been failing",
        ),
        (
            AT + "SSL error: certificate verify failed",
            f"The SSL certificate of pooler.example.com:6543 could not be verified for {WHO}",
        ),
        (
            'connection failed: connection to server at "2001:db8::1", port 5432 failed: Network is unreachable',
            "answers over IPv6 only: use the pooler's URL.",
        ),
        (
            AT + "FATAL:  Speicher voll\nDETAIL:  Fehler bei Anfrage.",
            f"The server pooler.example.com:6543 refuses {WHO} (Speicher voll); check the URL.",
        ),
        (
            AT + "Connection refused\nMultiple connection attempts failed. All failures were:\n- host: 'x': FATAL: "
            'role "a" does not exist',
            f"No server listens at pooler.example.com:6543 ({WHO}); check host and port, and that it runs.",
        ),
    ],
)
def test_each_refusal_becomes_one_sentence_with_a_next_step(text: str, sentence: str) -> None:
    said = str(explain_connecting(psycopg.OperationalError(text), ADDRESS))
    assert sentence in said
    assert "s3cr3t" not in said
    assert said.endswith(".")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port on loopback that accepts connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def answer(listening: socket.socket, words: bytes) -> None:
    """Have the port answer whoever comes next with these words."""

    def serve() -> None:
        client, _ = listening.accept()
        with client:
            client.recv(8)
            client.sendall(words)

    threading.Thread(target=serve, daemon=True).start()


def port_of(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port


def test_ssl_that_the_server_does_not_speak_is_told_so(listener: socket.socket) -> None:
    answer(listener, b"N")
    sentence = refusal(f"postgresql://ada:{SECRET}@127.0.0.1:{port_of(listener)}/app?sslmode=require")
    assert f"The server 127.0.0.1:{port_of(listener)} does not speak SSL" in sentence


def test_a_port_where_nothing_listens_is_told_so(listener: socket.socket) -> None:
    port = port_of(listener)
    listener.close()
    sentence = refusal(f"postgresql://ada:{SECRET}@127.0.0.1:{port}/app")
    assert f"No server listens at 127.0.0.1:{port} (role ada on database app)" in sentence


def test_a_host_that_never_answers_is_given_up(listener: socket.socket) -> None:
    sentence = refusal(f"postgresql://ada:{SECRET}@127.0.0.1:{port_of(listener)}/app?connect_timeout=2")
    assert "does not answer (role ada on database app); check host, port and firewall" in sentence


def test_a_port_of_another_service_is_told_so(listener: socket.socket) -> None:
    answer(listener, b"HTTP/1.1 400 Bad Request\r\n\r\n")
    sentence = refusal(f"postgresql://ada:{SECRET}@127.0.0.1:{port_of(listener)}/app?sslmode=disable")
    assert "does not answer as PostgreSQL does" in sentence


def test_a_host_name_that_nobody_knows_is_told_so() -> None:
    sentence = refusal(f"postgresql://ada:{SECRET}@no-such-host.invalid/app")
    assert "No address is known for the host of no-such-host.invalid:5432 (role ada on database app)" in sentence


def test_a_host_name_that_cannot_be_one_is_told_so() -> None:
    assert "cannot be looked up" in refusal(f"postgresql://ada:{SECRET}@{'x' * 80}.com/app")
