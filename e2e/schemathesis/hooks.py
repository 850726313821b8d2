"""What Schemathesis cannot read from the document."""

import os
import re
import uuid

import schemathesis

# By the operation that makes or shows something: where its name is, the parameter for its id, and who takes that.
TAKERS = {
    "createNote": ("/name", "note", ["getNote", "updateNote", "deleteNote"]),
    "updateNote": ("/name", "note", ["getNote", "deleteNote"]),
    "deleteNote": ("/name", "note", ["undeleteNote", "getNote"]),
    "createPad": ("/name", "pad", ["getPad", "updatePad", "deletePad"]),
    "updatePad": ("/name", "pad", ["getPad", "deletePad"]),
    "deletePad": ("/name", "pad", ["undeletePad", "getPad"]),
}

CONDITIONAL = ["updateNote", "deleteNote", "updatePad", "deletePad"]

UNGUESSABLE = ["requestId", "pageToken", "filter", "updateMask"]

NAME = re.compile(r"[a-z]+(?:/|%2F)([^/]+)")
ETAG = re.compile(r"[0-9a-f]{1,64}")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Says which operation can follow which.

    For sequences it also takes the parameters away whose values only a program could know. Schemathesis begins no
    sequence with an operation that has a field "requestId": it looks for requests, and nobody makes any.
    """
    for path in raw_schema["paths"].values():
        for operation in path.values():
            pointer, parameter, takers = TAKERS.get(operation["operationId"], ("", "", []))
            for taker in takers:
                values = {"path." + parameter: "$response.body#" + pointer}
                if taker in CONDITIONAL:
                    values["header.If-Match"] = "$response.header.ETag"
                operation["responses"]["200"].setdefault("links", {})[taker] = {"operationId": taker, "parameters": values}
    if os.environ.get("SEQUENCES"):
        for path in raw_schema["paths"].values():
            for operation in path.values():
                parameters = operation.get("parameters", [])
                operation["parameters"] = [p for p in parameters if p["name"] not in UNGUESSABLE]
        for schema in raw_schema["components"]["schemas"].values():
            for name in UNGUESSABLE:
                schema.get("properties", {}).pop(name, None)


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Cuts the id out of the name that came with a link, puts back the quotes that Schemathesis takes off an etag, and makes
    right what only a schema finds right: a request id that another request had, a pad that is not there."""
    for parameter, value in (case.path_parameters or {}).items():
        name = NAME.fullmatch(str(value))
        if name:
            case.path_parameters[parameter] = name.group(1)
    if ETAG.fullmatch(str((case.headers or {}).get("If-Match", ""))):
        case.headers["If-Match"] = '"' + case.headers["If-Match"] + '"'
    for values in (case.query, case.body):
        if not isinstance(values, dict):
            continue
        if UUID.fullmatch(str(values.get("requestId", ""))):
            values["requestId"] = str(uuid.uuid4())
        if str(values.get("pad", "")).startswith("pads/"):
            values["pad"] = ""
