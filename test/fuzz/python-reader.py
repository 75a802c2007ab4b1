"""Reads what it is given as Python would, for the differential tests: one request a line, one answer a line.

{"kind": "json", "bytes": BASE64}: the value as ["o", [[key, value], ...]], ["a", [...]], ["s", text], ["n", lexeme] or
["l", literal]. {"kind": "tar", "bytes": BASE64}: {name: BASE64} of the regular files. What can't be read is null.
"""

import base64
import io
import json
import sys
import tarfile


class Number(str):
    pass


def form(value):
    if isinstance(value, Pairs):
        return ["o", [[key, form(child)] for key, child in value.pairs]]
    if isinstance(value, list):
        return ["a", [form(item) for item in value]]
    if isinstance(value, Number):
        return ["n", str(value)]
    if isinstance(value, str):
        return ["s", value]
    return ["l", json.dumps(value)]


class Pairs:
    def __init__(self, pairs):
        self.pairs = pairs


def read_json(data):
    value = json.loads(
        data, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=Number
    )
    return form(value)


def read_tar(data):
    files = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            if member.isreg():
                files[member.name] = base64.b64encode(archive.extractfile(member).read()).decode()
    return files


READERS = {"json": read_json, "tar": read_tar}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = READERS[asked["kind"]](base64.b64decode(asked["bytes"]))
    except Exception:
        answer = None
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
