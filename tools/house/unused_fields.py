#!/usr/bin/env python3
"""unused_fields.py: struct fields that are filled and never read, and exports without a user.

    tools/house/unused_fields.py [SRC]        SRC is src/ of the checkout unless given

Prints one line for each finding and exits with status 1 if there is any:

  * a field of a struct that no code reads. Assignments, initialisers and offsetof() of an option table
    fill a field; everything else reads it. x->f = lappend(x->f, ...) does not read f.
  * a function or variable of a header that no other file than the one that defines it uses, and one
    that no file defines.
  * a function that is neither static nor in a header.

What is known of the type of an expression comes from the declarations of its variables, fields and
functions; an access to a value of unknown type reads every field of that name. So a finding is right
unless a macro pastes names together, and a field may be missed. Functions that SQL calls
(ASH_FUNCTION) and _PG_init are used by PostgreSQL.

Findings that are meant to be are listed in unused_allowed.txt beside this script, a name ("Struct.field"
or a function) a line, with the reason behind a "#"; an entry that matches nothing is a finding, too.
"""
import re
import sys
from pathlib import Path

TOKEN = re.compile(r"[A-Za-z_]\w*|->|\+\+|--|<<=|>>=|[-+*/%&|^=!<>]=|&&|\|\||\.\.\.|[^\s\w]|\d[\w.]*")
NOISE = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w+)((?:\\\n|[^\n])*)", re.M)
QUALIFIERS = {"const", "static", "extern", "volatile", "register", "inline", "struct", "union", "enum",
              "unsigned", "signed", "PGDLLEXPORT", "pg_noinline", "pg_attribute_always_inline"}
KEYWORDS = {"return", "else", "goto", "case", "sizeof", "if", "while", "for", "switch", "do", "typedef",
            "break", "continue", "default"}
ASSIGN_OPERATORS = {"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
APPENDING = {"lappend", "lappend_int", "lappend_oid", "lcons", "list_concat", "list_append_unique",
             "bms_add_member"}
NODE_MACROS = {"castNode", "lfirst_node", "linitial_node", "lsecond_node", "llast_node", "list_nth_node"}


def identifier(token):
    return token[0].isalpha() or token[0] == "_"


class Source:
    """One file as tokens, each with its line; the bodies of macros apart."""

    def __init__(self, path, shown):
        self.path = path
        self.shown = shown
        self.header = path.suffix == ".h"
        text = NOISE.sub(lambda m: '""' if m[0][0] == '"' else re.sub(r"[^\n]", " ", m[0])
                         if m[0][0] == "/" else "0", path.read_text())
        macros = []
        text = DIRECTIVE.sub(lambda m: self._directive(m, macros), text)
        self.tokens, self.lines = self._split(text)
        self.macros = [self._split(macro)[0] for macro in macros]
        self.match = self._brackets()

    @staticmethod
    def _directive(m, macros):
        if m[1] == "define":
            macros.append(m[2].replace("\\\n", " "))
        return "\n" * m[0].count("\n")

    @staticmethod
    def _split(text):
        tokens, lines, line, last = [], [], 1, 0
        for m in TOKEN.finditer(text):
            line += text.count("\n", last, m.start())
            last = m.start()
            tokens.append(m[0])
            lines.append(line)
        return tokens, lines

    def _brackets(self):
        """Index of the bracket that belongs to the one at an index."""
        match, stack = {}, []
        for i, token in enumerate(self.tokens):
            if token in "([{":
                stack.append(i)
            elif token in ")]}" and stack:
                match[i] = stack.pop()
                match[match[i]] = i
        return match


class Struct:
    def __init__(self, name, source):
        self.name = name
        self.source = source
        self.fields = {}  # name: (type, line)


class House:
    def __init__(self, root):
        self.sources = [Source(path, path.relative_to(root.parent)) for path in sorted(root.rglob("*.[ch]"))]
        self.structs = {}      # name, or (file, name) of a .c file: Struct
        self.returns = {}      # function: type
        self.variables = {}    # of file scope: types
        self.declared = {}     # by a header: name: (source, line)
        self.defined = {}      # name: (source, line, static)
        self.reads = set()     # (id of a struct, field)
        self.read_names = set()
        self.users = {}        # name: files
        self.bodies = []       # (source, first, last, variables)
        for source in self.sources:
            self._find_structs(source)
        for source in self.sources:
            self._find_declarations(source)
        for source in self.sources:
            self._find_uses(source)
            self._find_hash_keys(source)

    # ---- structs ----

    def _find_structs(self, source):
        tokens = source.tokens
        for i, token in enumerate(tokens):
            if token not in ("struct", "union"):
                continue
            tagged = i + 1 < len(tokens) and identifier(tokens[i + 1])
            brace = i + 2 if tagged else i + 1
            if brace >= len(tokens) or tokens[brace] != "{" or brace not in source.match:
                continue
            end = source.match[brace]
            struct = Struct(tokens[i + 1] if tagged else None, source)
            self._fields(struct, brace + 1, end)
            if i > 0 and tokens[i - 1] == "typedef":
                struct.name = tokens[end + 1]
            if struct.name is None:
                # of a nested or an anonymous struct: its variable or field stands behind it
                struct.name = "(%s)" % (tokens[end + 1] if identifier(tokens[end + 1]) else "anonymous")
            for name in {struct.name, tokens[i + 1] if tagged else struct.name}:
                self.structs.setdefault(name if source.header else (source, name), struct)

    def _fields(self, struct, first, last):
        tokens, match = struct.source.tokens, struct.source.match
        i = first
        while i < last:
            end, type_name = i, None
            while end < last and tokens[end] != ";":
                end = match[end] + 1 if tokens[end] in "([{" else end + 1
            while i < end and (tokens[i] in QUALIFIERS or tokens[i] == "{"):
                if tokens[i] == "{":
                    i = match[i]
                    type_name = "(%s)" % tokens[i + 1] if i + 1 < end and identifier(tokens[i + 1]) else None
                i += 1
            if type_name is None and i < end and identifier(tokens[i]):
                type_name = tokens[i]
                i += 1
                if i < end and tokens[i] == "{":
                    i = match[i] + 1
            for name, at in self._declarators(struct.source, i, end):
                struct.fields[name] = (type_name, struct.source.lines[at])
            i = end + 1

    @staticmethod
    def _declarators(source, i, end):
        """Names declared from i on: [*const] name [...] {= ...}, or (*name)(...)."""
        tokens, match = source.tokens, source.match
        found = False
        while i < end:
            token = tokens[i]
            if token == "(" and not found and tokens[i + 1] == "*":
                at = i + 2
                while tokens[at] in ("*", "const"):
                    at += 1
                if identifier(tokens[at]):
                    yield tokens[at], at
                    found = True
                i = match[i] + 1
            elif token in "([{":
                i = match.get(i, end) + 1
            elif token == ",":
                found = False
                i += 1
            elif not found and identifier(token) and token not in QUALIFIERS:
                yield token, i
                found = True
                i += 1
            else:
                i += 1

    def _struct(self, source, name):
        return self.structs.get((source, name)) or self.structs.get(name)

    # ---- declarations of file scope ----

    def _find_declarations(self, source):
        tokens, match = source.tokens, source.match
        i = 0
        while i < len(tokens):
            end = i
            body = None
            while end < len(tokens) and tokens[end] != ";":
                if tokens[end] == "{" and tokens[end - 1] == ")":
                    body = end
                    break
                end = match.get(end, end) + 1 if tokens[end] in "([{" else end + 1
            self._declaration(source, i, end, body)
            i = (match.get(body, len(tokens)) if body is not None else end) + 1

    def _declaration(self, source, i, end, body):
        tokens, match, lines = source.tokens, source.match, source.lines
        words = set(tokens[i:end])
        if i >= end or tokens[i] == "typedef":
            return
        start = i
        while i < end and (tokens[i] in QUALIFIERS or
                           tokens[i].isupper() and identifier(tokens[i + 1])):
            i += 1
        if i < end and tokens[i] == "{" and match[i] + 1 < end:  # of an anonymous struct
            i = match[i]
            type_name = "(%s)" % tokens[i + 1]
        elif i < end and identifier(tokens[i]):
            type_name = tokens[i]
        else:
            return
        if i + 1 < end and tokens[i + 1] == "(":
            return  # a macro at file scope
        static = "static" in tokens[start:i] or "inline" in tokens[start:i]
        for name, at in self._declarators(source, i + 1, end):
            if at + 1 < len(tokens) and tokens[at + 1] == "(":
                self.returns.setdefault(name, type_name)
                if body is not None:
                    self.defined.setdefault(name, (source, lines[at], static))
                    variables = {}
                    self._parameters(source, at + 2, match[at + 1], variables)
                    self._locals(source, body + 1, match.get(body, len(tokens)), variables)
                    self.bodies.append((source, body, match.get(body, len(tokens)), variables))
                elif source.header:
                    self.declared.setdefault(name, (source, lines[at]))
                break
            self.variables.setdefault(name, set()).add((source, type_name))
            if source.header and "extern" in words:
                self.declared.setdefault(name, (source, lines[at]))
            elif "extern" not in words:
                self.defined.setdefault(name, (source, lines[at], True if static else None))

    def _parameters(self, source, i, end, variables):
        tokens = source.tokens
        while i < end:
            last = i
            while last < end and tokens[last] != ",":
                last = source.match[last] + 1 if tokens[last] in "([{" else last + 1
            while i < last and tokens[i] in QUALIFIERS:
                i += 1
            if i < last and identifier(tokens[i]):
                for name, _ in self._declarators(source, i + 1, last):
                    variables.setdefault(name, set()).add(tokens[i])
            i = last + 1

    def _locals(self, source, first, last, variables):
        tokens, match = source.tokens, source.match
        for i in range(first, last):
            if tokens[i - 1] not in ("{", "}", ";", "(", ")", ":") and i != first:
                continue
            at = i
            while at < last and tokens[at] in QUALIFIERS:
                at += 1
            if at + 1 >= last or not identifier(tokens[at]) or tokens[at] in KEYWORDS:
                continue
            name = at + 1
            while tokens[name] in ("*", "const"):
                name += 1
            if not identifier(tokens[name]) or tokens[name] in KEYWORDS or \
                    tokens[name + 1] not in ("=", ";", ",", "[", ")"):
                continue
            if tokens[i - 1] == ")" and tokens[name + 1] != ";":
                continue
            end = name
            while end < last and tokens[end] != ";":
                end = match.get(end, last) + 1 if tokens[end] in "([{" else end + 1
            for variable, _ in self._declarators(source, at + 1, min(end, last)):
                variables.setdefault(variable, set()).add(tokens[at])

    # ---- uses ----

    def _find_uses(self, source):
        tokens = source.tokens
        for token in set(tokens):
            if identifier(token):
                self.users.setdefault(token, set())
        for i, token in enumerate(tokens):
            if identifier(token) and not self._is_declaration(source, i):
                self.users[token].add(source)
        for macro in source.macros:
            for i, token in enumerate(macro):
                if identifier(token):
                    self.users.setdefault(token, set()).add(source)
                    if i > 0 and macro[i - 1] in (".", "->"):
                        self.read_names.add(token)
        inside = 0
        for body_source, first, last, variables in self.bodies:
            if body_source is source:
                self._accesses(source, first, last, variables)
                inside += 1
        self._outside(source)

    def _outside(self, source):
        """Initialisers at file scope."""
        last = 0
        for _, first, end, _ in sorted((b for b in self.bodies if b[0] is source), key=lambda b: b[1]):
            self._accesses(source, last, first, {})
            last = end
        self._accesses(source, last, len(source.tokens), {})

    def _is_declaration(self, source, i):
        """Is this token the name in a prototype, a definition or an extern declaration?"""
        name = source.tokens[i]
        for where in (self.declared.get(name), self.defined.get(name)):
            if where is not None and where[0] is source and where[1] == source.lines[i]:
                return True
        return False

    def _accesses(self, source, first, last, variables):
        tokens = source.tokens
        types = {}  # of the access whose field is at that index
        appended = set()
        for i in range(max(first, 1), last - 1):
            if tokens[i] not in (".", "->") or not identifier(tokens[i + 1]):
                continue
            if tokens[i - 1] in ("{", ",", "("):
                continue  # .name = in an initialiser
            field = i + 1
            struct_types = self._type(source, i - 1, variables, types)
            owners = []
            for name in struct_types or ():
                struct = self._struct(source, name)
                if struct is not None and tokens[field] in struct.fields:
                    owners.append(struct)
            if owners:
                types[field] = {owner.fields[tokens[field]][0] for owner in owners}
            elif struct_types and not any(self._struct(source, name) for name in struct_types):
                types[field] = None  # of another library
            start = self._start(source, i - 1)
            if self._writes(source, start, field, appended):
                continue
            if start in appended:
                continue
            if owners:
                self.reads.update((id(owner), tokens[field]) for owner in owners)
            elif struct_types is None:
                self.read_names.add(tokens[field])

    def _type(self, source, i, variables, types):
        """Type names that the expression which ends at i may have; None when they are not known."""
        tokens, match = source.tokens, source.match
        while tokens[i] == "]":
            i = match[i] - 1
        token = tokens[i]
        if identifier(token):
            if tokens[i - 1] in (".", "->"):
                return types.get(i)
            if token in variables:
                return variables[token]
            found = self.variables.get(token, ())
            return {name for where, name in found if where is source} or \
                {name for where, name in found if where.header} or None
        if token != ")":
            return None
        start = match[i]
        before = tokens[start - 1]
        if identifier(before) and before not in KEYWORDS:
            if before in NODE_MACROS:
                return {tokens[start + 1]}
            return {self.returns[before]} if before in self.returns else None
        first = start + 1
        if tokens[first] == "(" and match[first] < i - 1:  # ((T *) x)
            inner = [t for t in tokens[first + 1:match[first]] if t not in QUALIFIERS and t != "*"]
            if len(inner) == 1 and identifier(inner[0]) and tokens[match[first] - 1] in ("*", inner[0]) \
                    and tokens[match[first] + 1] not in (".", "->", ")"):
                return {inner[0]}
        return self._type(source, i - 1, variables, types)  # (*x), (x)

    def _find_hash_keys(self, source):
        """A hash table reads its keys, and the key of its entries, which is their first field."""
        tokens = source.tokens
        for i, token in enumerate(tokens):
            if token in ("keysize", "entrysize") and tokens[i + 1:i + 4] == ["=", "sizeof", "("]:
                struct = self._struct(source, tokens[i + 4])
                names = list(struct.fields) if struct is not None else []
                self.reads.update((id(struct), name) for name in names[:None if token == "keysize" else 1])

    @staticmethod
    def _start(source, i):
        """Where the postfix expression that ends at i begins."""
        tokens, match = source.tokens, source.match
        while True:
            if tokens[i] in ("]", ")"):
                i = match[i] - 1 if tokens[i] == "]" or identifier(tokens[match[i] - 1]) else match[i]
                if tokens[i] == "(":
                    return i
                continue
            if tokens[i - 1] in (".", "->"):
                i -= 2
                continue
            return i

    @staticmethod
    def _writes(source, start, field, appended):
        tokens, match = source.tokens, source.match
        after = field + 1
        while tokens[after] == "[":
            after = match[after] + 1
        if tokens[after] in ("++", "--") or tokens[after] in ASSIGN_OPERATORS:
            return tokens[start - 1] in (";", "{", "}", ")", "else") and \
                (tokens[after] in ASSIGN_OPERATORS or tokens[after + 1] == ";")
        if tokens[after] != "=":
            return False
        if tokens[after + 1] in APPENDING and tokens[after + 2] == "(":
            expression = tokens[start:field + 1]
            if tokens[after + 3:after + 3 + len(expression)] == expression:
                appended.add(after + 3)
        return True

    # ---- findings ----

    def unread_fields(self):
        seen = set()
        for struct in self.structs.values():
            if id(struct) in seen:
                continue
            seen.add(id(struct))
            for name, (_, line) in struct.fields.items():
                if name not in self.read_names and (id(struct), name) not in self.reads:
                    yield (struct.source.shown, line, "%s.%s" % (struct.name, name),
                           "is filled and never read")

    def unused_exports(self):
        for name, (source, line) in self.declared.items():
            where = self.defined.get(name)
            users = self.users.get(name, set())
            if where is None:
                yield source.shown, line, name, "is declared and not defined"
            elif not users:
                yield source.shown, line, name, "is used nowhere"
            elif users == {where[0]} and not where[0].header:
                yield source.shown, line, name, "is used in %s only" % where[0].shown
        for name, (source, line, static) in self.defined.items():
            if static is False and name not in self.declared:
                yield source.shown, line, name, "is neither static nor in a header"
            elif static and source.header and not self.users.get(name):
                yield source.shown, line, name, "is used nowhere"


def called_by_postgres(house):
    names = {"_PG_init"}
    for source in house.sources:
        tokens = source.tokens
        for i, token in enumerate(tokens):
            if token in ("ASH_FUNCTION", "PG_FUNCTION_INFO_V1") and tokens[i + 1] == "(":
                names.add(tokens[i + 2])
    return names


def allowed_names(path):
    lines = path.read_text().splitlines() if path.exists() else []
    return {line.split("#")[0].strip() for line in lines} - {""}


def main():
    here = Path(__file__).resolve().parent
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else here.parent.parent / "src"
    house = House(root)
    postgres = called_by_postgres(house)
    allowed = allowed_names(here / "unused_allowed.txt")
    findings = [f for f in [*house.unread_fields(), *house.unused_exports()] if f[2] not in postgres]
    shown = [f for f in findings if f[2] not in allowed]
    for path, line, name, what in sorted(shown):
        print("%s:%d: %s %s" % (path, line, name, what))
    stale = sorted(allowed - {f[2] for f in findings})
    for name in stale:
        print("tools/house/unused_allowed.txt: %s is no finding" % name)
    return 1 if shown or stale else 0


if __name__ == "__main__":
    sys.exit(main())
