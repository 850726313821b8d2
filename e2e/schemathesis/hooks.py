"""What Schemathesis cannot read from the document."""

import glob
import json
import os
import re
import time
import urllib.request
import uuid

import schemathesis
from schemathesis import GenerationMode

# By the operation that makes or shows something: where its name is, the parameter for its id, and who takes that.
TAKERS = {
    "createNote": ("/name", "note", ["getNote", "updateNote", "deleteNote"]),
    "updateNote": ("/name", "note", ["getNote", "deleteNote"]),
    "deleteNote": ("/name", "note", ["undeleteNote", "getNote"]),
    "createPad": ("/name", "pad", ["getPad", "updatePad", "deletePad"]),
    "updatePad": ("/name", "pad", ["getPad", "deletePad"]),
    "deletePad": ("/name", "pad", ["undeletePad", "getPad"]),
    "createToken": ("/name", "token", ["getToken", "deleteToken"]),
}

SEQUENCES = os.environ.get("SEQUENCES")

CONDITIONAL = ["updateNote", "deleteNote", "updatePad", "deletePad"]

UNGUESSABLE = ["requestId", "pageToken", "filter", "updateMask"]

NAME = re.compile(r"[a-z]+(?:/|%2F)([^/]+)")
ETAG = re.compile(r"[0-9a-f]{1,64}")
LINK = re.compile(r"/reset-password/([A-Za-z0-9_-]+)/")
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
    if SEQUENCES:
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
    positive = case.meta.generation.mode == GenerationMode.POSITIVE
    operation = case.operation.definition.raw["operationId"]
    if positive and operation in MAKERS and another(operation):
        collection, deleted = MAKERS[operation]
        case.path_parameters[collection.removesuffix("s")] = make(collection, deleted)
        for values in (case.headers, case.query, case.body):
            for condition in ("If-Match", "etag"):
                if hasattr(values, "pop"):  # and not left out
                    values.pop(condition, None)
    if ETAG.fullmatch(str((case.headers or {}).get("If-Match", ""))):
        case.headers["If-Match"] = '"' + case.headers["If-Match"] + '"'
    for values in (case.query, case.body):
        if not isinstance(values, dict):
            continue
        if UUID.fullmatch(str(values.get("requestId", ""))):
            values["requestId"] = str(uuid.uuid4())
        if str(values.get("pad", "")).startswith("pads/"):
            values["pad"] = ""
        if positive:
            know(operation, values)


def know(operation, values):
    """Makes right what no schema can say: what a program has to know. Data that is meant to be wrong stays wrong."""
    for name in ("pageToken", "filter", "updateMask", "expireTime"):
        values.pop(name, None)
    account, password = os.environ["EMAIL"], os.environ["PASSWORD"]
    known = {
        "signIn": {"email": account, "password": password},
        "signUp": {"password": password},  # none that is too common
        "requestPasswordReset": {"email": account},
        "changePassword": {"currentPassword": password, "newPassword": password},  # which holds on
        "confirmPasswordReset": {"newPassword": password},
    }
    for name, value in known.get(operation, {}).items():
        if name in values:
            values[name] = value
    if operation == "confirmPasswordReset" and "token" in values and another(operation):
        values["token"] = mailed()
    if len(values.get("email", "").partition("@")[0]) > 64:
        values["email"] = "too-long@example.test"


# By the operation that needs one: what is made for it, and whether it is deleted again.
MAKERS = {
    "getNote": ("notes", False), "updateNote": ("notes", False), "deleteNote": ("notes", False), "undeleteNote": ("notes", True),
    "getPad": ("pads", False), "updatePad": ("pads", False), "deletePad": ("pads", False), "undeletePad": ("pads", True),
    "getToken": ("tokens", False), "deleteToken": ("tokens", False), "deleteSession": ("sessions", False),
}

BODIES = {
    "notes": {"title": "Beans", "text": "Soak."}, "pads": {"title": "Recipes"}, "tokens": {"title": "Backup", "scopes": ["notes:read"]},
}

made = {}


def another(operation):
    """Says whether something is made for an operation: a few times is enough for each kind of call to succeed once.

    In sequences nothing is: there the calls make things for each other, and what they do must depend on nothing else.
    """
    made[operation] = made.get(operation, 0) + 1
    return made[operation] <= 3 and not SEQUENCES


def make(collection, deleted):
    """Makes a thing of the account and gives its id."""
    signed = call("POST", "auth:signIn", {"email": os.environ["EMAIL"], "password": os.environ["PASSWORD"]})
    name = signed["session"]["name"]
    if collection in BODIES:
        name = call("POST", collection, BODIES[collection], signed["sessionToken"])["name"]
    if deleted:
        call("DELETE", name, None, signed["sessionToken"])
    return name.partition("/")[2]


def call(verb, path, body, token=""):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(os.environ["URL"] + "/v1/" + path, data, headers, method=verb)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def mailed():
    """Asks for a reset mail and gives its token."""
    before = set(glob.glob(os.environ["MAILS"] + "/*.eml"))
    call("POST", "auth:requestPasswordReset", {"email": os.environ["EMAIL"]})
    for _ in range(100):
        for file in set(glob.glob(os.environ["MAILS"] + "/*.eml")) - before:
            with open(file, encoding="utf-8") as mail:
                found = LINK.search(mail.read().replace("=\n", ""))
            if found:
                return found.group(1)
        time.sleep(0.05)
    raise AssertionError("no mail came")
