"""The formats of names, labels, ports and percentages: each function says what is wrong with a text, or None.

What is modelled: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go and pkg/api/validation/path/name.go
of Kubernetes 1.36.
"""

from __future__ import annotations

import ipaddress
import re

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_NAME_PART = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]", re.ASCII)
_PERCENT = re.compile(r"[0-9]+%", re.ASCII)
_PORT_NAME = re.compile(r"[-a-z0-9]+", re.ASCII)
_LABEL_WORDS = "lower case letters, digits and `-`, and start and end with a letter or digit"
_PART_WORDS = "letters, digits, `-`, `_` and `.`, and start and end with a letter or digit"

MAX_LABEL = 63
MAX_SUBDOMAIN = 253


def _matched(text: str, pattern: re.Pattern[str], longest: int, words: str) -> str | None:
    if not text:
        return "must not be empty"
    if len(text) > longest:
        return f"must not be longer than {longest} characters"
    return None if pattern.fullmatch(text) else words


def dns1123_label(text: str) -> str | None:
    """A lower case RFC 1123 label: `web-1`."""
    return _matched(text, _LABEL, MAX_LABEL, f"must consist of {_LABEL_WORDS}, such as `web-1` (RFC 1123 label)")


def dns1123_subdomain(text: str) -> str | None:
    """A lower case RFC 1123 subdomain: labels joined by dots, `web.example.com`."""
    words = f"must consist of {_LABEL_WORDS}, such as `web-1` or `web.example.com` (RFC 1123 subdomain)"
    return _matched(text, _SUBDOMAIN, MAX_SUBDOMAIN, words)


def wildcard_subdomain(text: str) -> str | None:
    """A subdomain after `*.`."""
    if not text.startswith("*."):
        return "must start with `*.`"
    return _matched(text[2:], _SUBDOMAIN, MAX_SUBDOMAIN - 2, f"must be `*.` and {_LABEL_WORDS}")


def dns1035_label(text: str) -> str | None:
    """A lower case RFC 1035 label: it starts with a letter."""
    words = "must consist of lower case letters, digits and `-`, start with a letter and end with a letter or digit"
    return _matched(text, _LABEL_1035, MAX_LABEL, words)


def path_segment(text: str) -> str | None:
    """What RBAC names may be: anything that can be one part of a URL's path."""
    if not text:
        return "must not be empty"
    if text in (".", ".."):
        return f"must not be `{text}`"
    bad = next((character for character in "/%" if character in text), None)
    return f"must not contain `{bad}`" if bad else None


def generate_prefix(text: str, *, label: bool) -> str | None:
    """A generateName: it may end with `-`. As upstream, the character before that `-` is not looked at."""
    whole = text[:-2] + "a" if len(text) > 1 and text.endswith("-") else text
    return dns1123_label(whole) if label else dns1123_subdomain(whole)


def qualified_name(text: str) -> str | None:
    """The key of a label, taint, annotation or resource: a name, or `prefix.example.com/name`."""
    prefix, slash, name = text.rpartition("/")
    if slash:
        if not prefix:
            return "must have a name before the `/`, or no `/`"
        problem = dns1123_subdomain(prefix)
        if problem:
            return f"the part before the `/` {problem}"
    return _matched(name, _NAME_PART, MAX_LABEL, f"must consist of {_PART_WORDS}, such as `app` or `example.com/app`")


def label_value(text: str) -> str | None:
    """The value of a label: empty, or up to 63 characters."""
    return _matched(text, _NAME_PART, MAX_LABEL, f"must be empty or consist of {_PART_WORDS}") if text else None


def percent(text: str) -> str | None:
    """A percentage: digits and `%`."""
    return None if _PERCENT.fullmatch(text) else "must be a number followed by `%`, such as `25%`"


def port_number(number: int) -> str | None:
    """A port, 1 to 65535."""
    return None if 1 <= number <= 65535 else "must be between 1 and 65535"


def port_name(text: str) -> str | None:
    """An IANA service name: at most 15 characters, with a letter."""
    if len(text) > 15:
        return "must not be longer than 15 characters"
    if not _PORT_NAME.fullmatch(text):
        return "must consist of lower case letters, digits and `-`"
    if not re.search("[a-z]", text):
        return "must contain a letter"
    if "--" in text:
        return "must not contain two `-` in a row"
    return "must not start or end with `-`" if text[0] == "-" or text[-1] == "-" else None


def ip_address(text: str) -> str | None:
    """An IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return "must be an IP address, such as 10.9.8.7 or 2001:db8::ffff"
    return None
