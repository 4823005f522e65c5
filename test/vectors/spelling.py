"""The one place where Elixir spelling is made comparable with JSON or SQL spelling.

`plain` is applied to both sides of every text comparison (messages, paths, fields and
vars of errors), so an implementation may print either spelling.
"""

import re

GUIDANCE = "Cannot use a filter to authorize a create."


def plain(text):
    """Normalise one text: atoms, regexes, nil, maps, keyword lists, `?` names, white space."""
    if not isinstance(text, str):
        return text
    if text.startswith(GUIDANCE):
        return GUIDANCE
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text.strip()


def bare(text):
    """`plain` without the quotes around the whole text; for values in vars."""
    text = plain(text)
    if isinstance(text, str) and len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    return text


def _map(match):
    """%{"x" => 1} becomes {"x": 1}."""
    return "{" + match.group(1).replace(" => ", ": ") + "}"


def _interpolated(match):
    """[message: "at most %{max}", max: 10] becomes the message as a user reads it."""
    message, pairs = match.group(1), re.findall(r"(\w+): ([^,\]]+)", match.group(2))
    for name, value in pairs:
        message = message.replace("%{" + name + "}", value)
    return f'"{message}"'


def _keyword_list(match):
    """[limit: -1] becomes {"limit": -1}."""
    return "{" + re.sub(r"(\w+): ", r'"\1": ', match.group(1)) + "}"


RULES = [(re.compile(pattern), replacement) for pattern, replacement in [
    (r'Decimal\.new\("([^"]*)"\)', r"\1"),
    (r'"?~r/((?:[^/\\]|\\.)*)/[a-zA-Z]*"?', r'"\1"'),
    (r'%\{("[^{}]*=>[^{}]*)\}', _map),
    (r'\[+message: "([^"]*)"((?:, \w+: [^,\]]+)*)\]+', _interpolated),
    (r"\[(\w+: [^\[\],]+(?:, \w+: [^\[\],]+)*)\]", _keyword_list),
    (r'(?<![\w:"/}]):([A-Za-z_]\w*)', r"\1"),
    (r"\b(writable|public|\w+_\w+)\?", r"\1"),
    (r"\bnil\b", "null"),
    (r" == ", " = "),
    (r"\s+", " "),
]]
