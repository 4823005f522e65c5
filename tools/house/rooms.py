#!/usr/bin/env python3
"""The rooms of src/ and what each uses of the others.

A room may use those below it.  An upward edge is an include of a header of a higher room, a
use of a function or variable that only a higher room defines, a function pointer kept in a
static variable that is set through a function of the room (a registered callback; tables of
built-ins that a register function takes are not one), and a void * member of a struct in a
header of the room, unless it is the argument or the options of the struct's own functions.

    rooms.py            prints upward edges that are not listed; exits with 1 if there are any
    rooms.py --graph    prints every edge between rooms with its number of uses

Listed edges stand in tools/house/upward_edges.txt, one "file: reason" a line.
"""
import collections
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Lowest first; rooms of one entry stand on one floor.
FLOORS = [["base"], ["spec"], ["type"], ["model"], ["expr"], ["exec"], ["call"], ["changeset"],
          ["policy"], ["query"], ["prepare"], ["sql"], ["result"],
          ["action", "action/embedded", "action/managed"], ["describe"], ["schema"], ["define"],
          ["extension"], ["api"], ["hooks"]]
FLOOR = {room: i for i, rooms in enumerate(FLOORS) for room in rooms}

# void * members that are an argument of the functions beside them, or the options of a built-in
# of which only that built-in knows the struct.
OWN_POINTERS = {"arg", "options", "context", "constraints", "user_data"}

COMMENT = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', re.S)
DEFINED = re.compile(r"^(?!static)[A-Za-z][\w \*]*\n(ash_\w+)\(", re.M)
VARIABLE = re.compile(r"^(?!static|extern|typedef)[A-Za-z][\w ]*?[ \*](ash_\w+)(?:\[[^\]]*\])*(?: =|;)",
                      re.M)
CALLBACK = re.compile(r"^static (?:const )?Ash\w*(?:Fn|Loader|Resolver|Callback|Check) \*?(\w+)|"
                      r"^static [\w \*]+\(\*(?!prev_)(\w+)\)\(", re.M)
POINTER = re.compile(r"^\t+(?:const )?void \*(\w+);", re.M)


def room_of(path):
    return os.path.dirname(path)


def read_sources():
    files = {}
    for path in glob.glob(os.path.join(TOP, "src", "**", "*.[ch]"), recursive=True):
        name = os.path.relpath(path, os.path.join(TOP, "src"))
        with open(path, encoding="utf-8") as source:
            files[name] = source.read()
    return files


def edges(files):
    """(file, room of the file, room that is used, what is used) for each use of another room."""
    owner = {}
    code = {}
    for name, text in files.items():
        code[name] = COMMENT.sub(lambda m: '""' if m.group(0)[0] == '"' else " ", text)
        if name.endswith(".c"):
            for pattern in (DEFINED, VARIABLE):
                for symbol in pattern.findall(code[name]):
                    owner[symbol] = room_of(name)
    for name, text in files.items():
        room = room_of(name)
        for header in re.findall(r'^#include "([\w/]+\.h)"', text, re.M):
            if header in files and room_of(header) != room:
                yield name, room, room_of(header), header
        if name.endswith(".c"):
            for symbol in set(re.findall(r"\bash_\w+", code[name])):
                if owner.get(symbol, room) != room:
                    yield name, room, owner[symbol], symbol


def upward(files):
    """(file, text) for each upward edge."""
    for name, room, used, what in edges(files):
        if room in FLOOR and FLOOR.get(used, -1) > FLOOR[room]:
            yield name, f"uses {what} of {used}/, which is above {room}/"
    for name, text in files.items():
        if room_of(name) not in FLOOR:
            continue
        if name.endswith(".c"):
            for names in CALLBACK.findall(text):
                yield name, f"keeps the callback {names[0] or names[1]}"
        else:
            for member in POINTER.findall(text):
                if member not in OWN_POINTERS:
                    yield name, f"has the member void *{member}"


def main():
    files = read_sources()
    unknown = {room_of(name) for name in files} - set(FLOOR) - {""}
    if "--graph" in sys.argv:
        count = collections.Counter((room, used) for _, room, used, _ in edges(files))
        for (room, used), n in sorted(count.items(), key=lambda e: (-FLOOR.get(e[0][0], 99),
                                                                    -FLOOR.get(e[0][1], 99))):
            print(f"{room or 'ash.c'} -> {used or 'ash.c'} {n}")
        return 0
    listed = set()
    with open(os.path.join(TOP, "tools", "house", "upward_edges.txt"), encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                listed.add(line.split(":")[0].strip())
    bad = 0
    for room in sorted(unknown):
        print(f"src/{room}: a room without a floor; add it to tools/house/rooms.py")
        bad += 1
    for name, text in sorted(set(upward(files))):
        if name not in listed:
            print(f"src/{name} {text}")
            bad += 1
    names = collections.Counter(os.path.basename(name) for name in files)
    for name, n in names.items():
        if n > 1:
            print(f"src: {n} files have the base name {name}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
