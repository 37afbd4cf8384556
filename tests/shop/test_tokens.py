"""Tokens of signed users."""

import json
import random
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import digest

import pytest

from aisle.shop.errors import Forbidden, IdError, InputError
from aisle.shop.tokens import SignedMail, new_secret, read_mail_token, read_token, secret_id, sign_mail, sign_user

SECRET = new_secret()
KNOWN = {secret_id(SECRET): SECRET}
TOKEN = sign_user("anna", SECRET, "Shop", 60, now=1000)


def made_by_hand(header: object, claims: object, secret: str = SECRET) -> str:
    """Return a token as any library would make it."""
    parts = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    signed = b".".join(parts)
    return (signed + b"." + urlsafe_b64encode(digest(secret.encode(), signed, sha256)).rstrip(b"=")).decode()


def test_a_token_names_its_user_and_when_it_expires() -> None:
    assert read_token(TOKEN, KNOWN, "Shop") == ("anna", 1060)


def test_a_token_of_any_library_is_read() -> None:
    header = {"kid": secret_id(SECRET), "alg": "HS256", "typ": "JWT"}
    claims = {"sub": "anna", "exp": 5, "aud": "Shop", "iat": 1, "scope": ["openid"], "placement": 7}
    assert read_token(made_by_hand(header, claims), KNOWN, "Shop") == ("anna", 5)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "none"}, {}),
        ({"alg": "HS512"}, {}),
        ({"kid": "000000000000"}, {}),
        ({"kid": None}, {}),
        ({}, {"aud": "Another shop"}),
        ({}, {"sub": ""}),
        ({}, {"sub": "a\u0000"}),
        ({}, {"sub": 7}),
        ({}, {"exp": "tomorrow"}),
        ({}, {"sub": "x" * 3000}),
    ],
)
def test_a_token_of_other_content_is_refused(header: dict[str, object], claims: dict[str, object]) -> None:
    whole = {"alg": "HS256", "kid": secret_id(SECRET)} | header, {"sub": "anna", "exp": 5, "aud": "Shop"} | claims
    with pytest.raises(Forbidden):
        read_token(made_by_hand(*whole), KNOWN, "Shop")


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "\ud800", TOKEN + "=", TOKEN + ".", "." * 100])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Forbidden):
        read_token(token, KNOWN, "Shop")


def test_a_token_signed_without_a_secret_is_refused() -> None:
    header, claims = {"alg": "HS256", "kid": "none"}, {"sub": "anna", "exp": 5, "aud": "Shop"}
    with pytest.raises(Forbidden):
        read_token(made_by_hand(header, claims, secret=""), KNOWN, "Shop")


def test_of_10_000_forged_tokens_none_is_accepted() -> None:
    draw = random.Random(1)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    accepted = 0
    for _ in range(10_000):
        place = draw.randrange(len(TOKEN))
        letter = draw.choice(letters.replace(TOKEN[place], ""))
        try:
            read_token(TOKEN[:place] + letter + TOKEN[place + 1 :], KNOWN, "Shop")
            accepted += 1
        except Forbidden:
            pass
    assert accepted == 0


def test_two_secrets_are_valid_at_once() -> None:
    newer = new_secret()
    both = KNOWN | {secret_id(newer): newer}
    assert read_token(TOKEN, both, "Shop").user_id == "anna"
    assert read_token(sign_user("bob", newer, "Shop"), both, "Shop").user_id == "bob"


def test_nobody_signs_with_half_a_secret_or_for_half_an_id() -> None:
    with pytest.raises(InputError, match="aisle keys create users"):
        sign_user("anna", SECRET[:-1], "Shop")
    with pytest.raises(IdError):
        sign_user("", SECRET, "Shop")


def test_a_secret_has_256_random_bits() -> None:
    assert len(bytes.fromhex(SECRET.rpartition("_")[2])) == 32
    assert new_secret() != SECRET


def test_the_token_of_an_e_mail_says_for_whom_it_is_and_which_shelf_it_shows() -> None:
    token = sign_mail("Ann", "home", SECRET, "Shop", 60, now=1000)
    assert read_mail_token(token, KNOWN, "Shop") == SignedMail("Ann", 1060, "home")
    assert sign_mail("Ann", "home", SECRET, "Shop", 60, now=1000) != token, "one mailing is told from another"


def test_the_token_of_an_e_mail_signs_nobody_in_and_that_of_a_user_opens_no_e_mail() -> None:
    with pytest.raises(Forbidden, match="signs nobody in"):
        read_token(sign_mail("Ann", "home", SECRET, "Shop"), KNOWN, "Shop")
    with pytest.raises(Forbidden, match="not of scope 'e-mail'"):
        read_mail_token(sign_user("Ann", SECRET, "Shop"), KNOWN, "Shop")
