#!/usr/bin/env python3
"""docs/generate.py: writes what the documentation takes from the extension itself.

    docs/generate.py DIR        DIR is the checkout, or a copy of its README.md and docs/

Started by tools/docs, which provides the server. Two things are written:

- docs/reference/*.md, from ash_builtins(), from the comments on the extension's functions and from the table of error
  kinds in src/base/error.c;
- on every page, the block after each "sql" block: what psql answered. A page is one psql session in a
  database of its own, from top to bottom. An HTML comment that begins with "sql" is run, not shown.

The output depends on the checkout alone: examples show no generated keys and no times.
"""

import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent

# A shown block with the answer below it, or a hidden one.
BLOCK = re.compile(
    r"^```sql\n(?P<shown>.*?)^```\n(?P<answer>\n```text\n.*?^```\n)?|^<!--sql\n(?P<hidden>.*?)^-->\n",
    re.M | re.S,
)
END = "--- end of block ---"


def run(command, text=None, folder=None):
    """Output of a command, errors included; it must succeed."""
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


# ---- pages ----


def answers(database, folder, blocks):
    """What psql says to each block, all of them in one session."""
    script = "".join(f"{block}\\echo '{END}'\n" for block in blocks)
    run(["createdb", "--template=template0", database])
    out = run(["psql", "-X", "-q", "-d", database], "\\set SHOW_CONTEXT never\n" + script, folder)
    run(["dropdb", "--force", database])
    return out.split(END + "\n")


def fill_page(page, number):
    """Runs the blocks of a page and puts the answers in."""
    text = page.read_text()
    matches = list(BLOCK.finditer(text))
    if not matches:
        return
    said = answers(f"docs_{number}", page.parent, [m["shown"] or m["hidden"] for m in matches])
    parts, at = [], 0
    for match, answer in zip(matches, said):
        parts.append(text[at : match.start()])
        at = match.end()
        if match["hidden"] is not None:
            if "ERROR" in answer:
                sys.exit(f"{page}: a hidden block fails:\n{answer}")
            parts.append(match[0])
            continue
        parts.append(f"```sql\n{match['shown']}```\n")
        lines = [line.rstrip() for line in answer.rstrip("\n").split("\n")]
        if lines != [""]:
            parts.append("\n```text\n" + "\n".join(lines) + "\n```\n")
    page.write_text("".join(parts) + text[at:])


# ---- reference ----

NOTE = "<!-- Written by `make docs`. Edit the registries in src/, not this page. -->\n"


def query(sql):
    """Rows of a query in the database that has the extension, as objects."""
    rows = run(["psql", "-XAtq", "-d", "docs_reference", "-c", f"SELECT row_to_json(q) FROM ({sql}) q"])
    return [json.loads(line) for line in rows.splitlines()]


def builtins():
    """All entries of ash_builtins(), by kind, in the order of the registries."""
    kinds = {}
    for entry in query("SELECT * FROM ash_builtins()"):
        kinds.setdefault(entry["kind"], []).append(entry)
    return kinds


API = """
SELECT p.pronamespace = 'ash'::regnamespace AS internal,
       CASE WHEN p.pronamespace = 'ash'::regnamespace THEN 'ash.' ELSE '' END || p.proname AS name,
       pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
       obj_description(p.oid, 'pg_proc') AS description
FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'ash') AND p.prorettype <> 'trigger'::regtype
ORDER BY 1, 2, p.oid
"""


def split_arguments(function):
    """Its arguments, without the casts of defaults and the quotes that a call by name does without."""
    return re.sub(r"(DEFAULT ('[^']*'|NULL))::\w+", r"\1", function["arguments"]).replace('"', "").split(", ")


def merge_overloads(functions):
    """Functions that differ in the type of one argument and mean the same as one: its types are joined by "|"."""
    merged = []
    for function in functions:
        function["arguments"] = split_arguments(function)
        last = merged[-1] if merged else None
        if last and (last["name"], last["description"]) == (function["name"], function["description"]):
            for n, argument in enumerate(function["arguments"]):
                if argument != last["arguments"][n]:
                    last["arguments"][n] += " | " + argument.split(" ", 1)[1]
        else:
            merged.append(function)
    return merged


def signature(function):
    """name(arguments) → result, as one would write it."""
    arguments = function["arguments"]
    columns = [a.removeprefix("OUT ") for a in arguments if a.startswith("OUT ")]
    given = ", ".join(a for a in arguments if not a.startswith("OUT "))
    return f"{function['name']}({given}) → " + (f"TABLE ({', '.join(columns)})" if columns else function["result"])


def api_page():
    functions = merge_overloads(query(API))
    parts = [
        table(
            ["function", "meaning"],
            [(code(signature(f)), cell(f["description"] or "")) for f in functions if f["internal"] == internal],
        )
        for internal in (False, True)
    ]
    return (
        f"{NOTE}# Functions\n\nHow they are used: [actions.md](../actions.md).\n\n{parts[0]}\n"
        f"## Schema ash\n\nWhat generated SQL and row security call; seldom of use elsewhere.\n\n{parts[1]}"
    )


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def code(value):
    return "`" + cell(value) + "`"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def option_type(option):
    if "choices" in option:
        return "one of " + ", ".join(code(json.dumps(c).strip('"')) for c in option["choices"])
    return option["type"]


def option_rows(options, nested, prefix=""):
    """Rows of a table of options; with "nested" those inside an option follow it, as "option.inner"."""
    for option in options:
        default = "required" if option["required"] else ""
        if "default" in option:
            default = code(json.dumps(option["default"], ensure_ascii=False))
        meaning = option.get("doc") or ""
        if "kinds" in option:
            meaning += (" " if meaning else "") + f"({', '.join(option['kinds'])})"
        yield code(prefix + option["name"]), option_type(option), default, cell(meaning)
        if nested:
            yield from option_rows(option.get("fields") or [], nested, f"{prefix}{option['name']}.")


def entry_text(entry, empty):
    text = f"\n## {entry['name']}\n"
    if entry["description"]:
        text += f"\n{entry['description']}\n"
    if entry["options"]:
        rows = option_rows(entry["options"], nested=entry["kind"] != "entity")
        text += "\n" + table(["option", "value", "default", "meaning"], rows)
    elif empty:
        text += f"\n{empty}\n"
    return text


def entries_page(title, intro, entries, empty="No options.", ordered=False):
    if not ordered:
        entries = sorted(entries, key=lambda entry: entry["name"])
    index = ", ".join(f"[{entry['name']}](#{entry['name']})" for entry in entries)
    return f"{NOTE}# {title}\n\n{intro}\n\n{index}\n" + "".join(entry_text(e, empty) for e in entries)


def names_table(entries):
    entries = sorted(entries, key=lambda entry: entry["name"])
    return table(["name", "meaning"], [(code(e["name"]), cell(e["description"] or "")) for e in entries])


def functions_page(kinds):
    return (
        f"{NOTE}# Functions and operators of expressions\n\n"
        "What an expression of a definition may use. See [definition.md](../definition.md#expressions).\n\n"
        f"## Functions\n\n{names_table(kinds['function'])}\n## Operators\n\n{names_table(kinds['operator'])}"
    )


def sqlstates():
    """SQLSTATE of each ERRCODE_ name, from the server's own header."""
    folder = run(["pg_config", "--includedir-server"]).strip()
    text = pathlib.Path(folder, "utils/errcodes.h").read_text()
    found = re.findall(r"#define (ERRCODE_\w+) MAKE_SQLSTATE\(([^)]*)\)", text)
    return {name: "".join(re.findall(r"'(.)'", args)) for name, args in found}


def errors_page():
    source = (TOP / "src/base/error.c").read_text().replace("\\\n", " ")
    source = re.sub(r"\s+", " ", re.sub(r'"\s+"', "", source))
    states = sqlstates()
    macros = {
        name: (cls.lower(), states[errcode])
        for name, cls, errcode in re.findall(
            r"#define (\w+)\(name, doc\) \{ ?name, ASH_CLASS_(\w+), (\w+), doc ?\}", source
        )
    }
    body = re.search(r"AshErrorKind ash_error_kinds\[\] = \{(.*?) \};", source)[1]
    kinds = [
        (name, *(macros[macro] if macro else (cls.lower(), states[errcode])), doc)
        for macro, name, cls, errcode, doc in re.findall(
            r'(?:(\w+)\(|\{ ?)"(\w+)", (?:ASH_CLASS_(\w+), (\w+), )?"([^"]*)" ?[)}]', body
        )
    ]
    total = len(re.findall(r'(?:\w+\(|\{ ?)"\w+",', body))
    if len(kinds) != total:
        sys.exit(f"errors: {total} kinds in error.c, {len(kinds)} understood")
    rows = [(code(name), cls, code(state), cell(doc)) for name, cls, state, doc in kinds]
    return (
        f"{NOTE}# Error codes\n\nHow errors look: [errors.md](../errors.md).\n\n"
        + table(["code", "class", "SQLSTATE", "when"], rows)
    )


def write_reference(folder):
    run(["createdb", "--template=template0", "docs_reference"])
    run(["psql", "-Xq", "-d", "docs_reference", "-c", "CREATE EXTENSION ash"])
    kinds = builtins()
    api = api_page()
    run(["dropdb", "--force", "docs_reference"])

    common = "An entry may also have the options that [all {} have](../definition.md#{})."
    pages = {
        "api.md": api,
        "entities.md": entries_page(
            "Entities of a definition document",
            "One section for each kind of object in a document. `ash_definition_schema()` gives the same as JSON Schema.",
            kinds["entity"],
            ordered=True,
        ),
        "types.md": entries_page(
            "Types", "Types of attributes and arguments, with their constraints.", kinds["type"], "No constraints."
        ),
        "changes.md": entries_page("Changes", common.format("changes", "changes-and-validations"), kinds["change"]),
        "validations.md": entries_page(
            "Validations", common.format("validations", "changes-and-validations"), kinds["validation"]
        ),
        "preparations.md": entries_page("Preparations", "What a read action does to its query.", kinds["preparation"]),
        "checks.md": entries_page(
            "Checks", "Conditions and checks of policies: [policies.md](../policies.md).", kinds["check"]
        ),
        "functions.md": functions_page(kinds),
        "errors.md": errors_page(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text)


def main():
    target = pathlib.Path(sys.argv[1])
    write_reference(target / "docs/reference")
    for number, page in enumerate([target / "README.md", *sorted((target / "docs").glob("*.md"))]):
        fill_page(page, number)


if __name__ == "__main__":
    main()
