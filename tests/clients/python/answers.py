"""Checks every answer against botocore's model: all members, and none that the model lacks.

`watch` hooks into a botocore session, and so into boto3 and into the AWS CLI alike, and
sees each answer as it came over the wire: botocore itself drops what it does not know.
One line of JSON per answer goes to the file that CLOCKWORK_ANSWERS names.
"""

import json
import os
import re
import xml.etree.ElementTree as xml

# What any operation may be answered with, whatever its model lists: the common errors of
# AWS's API references.
COMMON = {
    "AccessDeniedException": {400, 403},
    "ExpiredTokenException": {400, 403},
    "IncompleteSignature": {400, 403},
    "InvalidClientTokenId": {400, 403},
    "InvalidSignatureException": {400, 403},
    "MissingAuthenticationTokenException": {400, 403},
    "SerializationException": {400},
    "ThrottlingException": {400, 429},
    "UnrecognizedClientException": {400, 403},
    "ValidationException": {400},
}

# Where AWS itself does not keep to its model.
AWS_DIFFERS = {
    # EC2's own documentation of this member: "available" for an internet gateway.
    "DescribeInternetGateways.internetGatewaySet[].attachmentSet[].state": "available",
    # The filter `interface-type` names it so, and so do EC2's answers; the model has `natGateway`.
    "DescribeNetworkInterfaces.networkInterfaceSet[].interfaceType": "nat_gateway",
    # IAM's API reference, SimulatePrincipalPolicy, shows it so in its example.
    "SimulatePrincipalPolicy.EvaluationResults[].MatchedStatements[].SourcePolicyType": "IAM Policy",
}


def watch(events):
    """Checks the answers of every client that is made with these events."""
    events.register("before-parse", note)


def awscli_initialize(events):
    """The AWS CLI calls this of a plugin."""
    watch(events)


def note(operation_model, response_dict, **_):
    """Writes down one answer, and what is wrong with it."""
    status, body = response_dict["status_code"], response_dict["body"]
    code = None if status < 300 else error_code(operation_model, response_dict)
    line = {
        "service": operation_model.service_model.service_id,
        "operation": operation_model.name,
        "status": status,
        "error": code,
        "complaints": complaints(operation_model, status, code, body),
    }
    with open(os.environ["CLOCKWORK_ANSWERS"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def protocol(operation_model):
    """How the service speaks."""
    return operation_model.service_model.metadata["protocol"]


def error_code(operation_model, response):
    """The code of an error, where the protocol keeps it."""
    if protocol(operation_model) in ("ec2", "query"):
        try:
            return next((e.text for e in xml.fromstring(response["body"]).iter() if plain(e.tag) == "Code"), None)
        except xml.ParseError:
            return None
    try:
        body = json.loads(response["body"] or b"{}")
    except ValueError:
        body = {}
    named = response["headers"].get("x-amzn-errortype") or body.get("__type") or body.get("code")
    return named.split("#")[-1].split(":")[0] if named else None


def complaints(operation_model, status, code, body):
    """All that the model does not allow in this answer."""
    try:
        if protocol(operation_model) in ("ec2", "query"):
            return xml_complaints(operation_model, status, body)
        return json_complaints(operation_model, status, code, body)
    except (ValueError, xml.ParseError) as error:
        return [f"the body cannot be read: {error}"]


def json_complaints(operation_model, status, code, body):
    if status >= 300:
        return json_error_complaints(operation_model, status, code, body)
    found = []
    wanted = operation_model.http.get("responseCode", 200)
    if status != wanted:
        found.append(f"status {status} where the model has {wanted}")
    if operation_model.output_shape is None:
        if body not in (b"", b"{}"):
            found.append(f"a body where the model has none: {body[:80]!r}")
        return found
    check(json.loads(body), operation_model.output_shape, operation_model.name, found)
    return found


def json_error_complaints(operation_model, status, code, body):
    shapes = {shape.error_code: shape for shape in operation_model.error_shapes}
    found = []
    if code in shapes:
        wanted = shapes[code].metadata.get("error", {}).get("httpStatusCode", 400)
        if status != wanted:
            found.append(f"{code} with status {status} where the model has {wanted}")
        told = json.loads(body)
        if protocol(operation_model) == "json":
            # Where this protocol has the code.
            told.pop("__type", None)
        check(told, shapes[code], code, found)
    elif status not in COMMON.get(code, ()):
        found.append(f"error {code} with status {status}, which the model does not list")
    return found


def check(value, shape, path, found):
    """Appends what is wrong with a JSON value."""
    kind = shape.type_name
    if kind == "structure":
        check_structure(value, shape, path, found)
    elif kind == "list":
        if not isinstance(value, list):
            found.append(f"{path} is no list: {value!r}")
            return
        check_size(len(value), shape, path, found)
        for item in value:
            check(item, shape.member, f"{path}[]", found)
    elif kind == "map":
        for key, item in value.items():
            check(key, shape.key, path, found)
            check(item, shape.value, f"{path}{{}}", found)
    else:
        check_scalar(value, shape, kind, path, found)


def check_structure(value, shape, path, found):
    if not isinstance(value, dict):
        found.append(f"{path} is no structure: {value!r}")
        return
    names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    for name in shape.required_members:
        if value.get(shape.members[name].serialization.get("name", name)) is None:
            found.append(f"{path} lacks {name}")
    for key, item in value.items():
        if key not in names:
            found.append(f"{path} has {key}, which the model lacks")
        elif item is not None:
            check(item, shape.members[names[key]], f"{path}.{key}", found)


KINDS = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


def check_scalar(value, shape, kind, path, found):
    if not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        found.append(f"{path} is no {kind}: {value!r}")
        return
    if kind == "string":
        check_size(len(value), shape, path, found)
        if shape.enum and value not in shape.enum:
            found.append(f"{path} is not in the model's list: {value!r}")
        pattern = shape.metadata.get("pattern")
        if pattern and not re.search(pythonic(pattern), value):
            found.append(f"{path} is not of the model's pattern: {value!r}")
    elif kind in ("integer", "long", "float", "double"):
        check_size(value, shape, path, found)


def pythonic(pattern):
    """A pattern of the model, which is Java's, for Python's `re`."""
    for java, python in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d")):
        pattern = pattern.replace(java, python)
    return pattern


def check_size(size, shape, path, found):
    if size < shape.metadata.get("min", size) or size > shape.metadata.get("max", size):
        found.append(f"{path} is out of the model's range: {size}")


def plain(tag):
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def xml_complaints(operation_model, status, body):
    root = xml.fromstring(body)
    found = []
    if status >= 300:
        tags = {plain(element.tag) for element in root.iter()}
        for wanted in ("Error", "Code", "Message"):
            if wanted not in tags:
                found.append(f"an error without {wanted}")
        if not tags & {"RequestID", "RequestId"}:
            found.append("an error without its request id")
        return found
    if plain(root.tag) != f"{operation_model.name}Response":
        found.append(f"<{plain(root.tag)}> where the model has <{operation_model.name}Response>")
    shape = operation_model.output_shape
    answer, beside = root, {"requestId"}
    if shape is not None and "resultWrapper" in shape.serialization:
        wrapper = shape.serialization["resultWrapper"]
        wrapped = [child for child in root if plain(child.tag) == wrapper]
        if not wrapped:
            return [f"no <{wrapper}>"]
        answer, beside = wrapped[0], set()
    check_elements(answer, shape, operation_model.name, found, beside)
    return found


def element_name(name, member):
    """What a member of a structure is called in XML."""
    flat = member.type_name == "list" and member.serialization.get("flattened")
    inner = member.member.serialization.get("name") if flat else None
    return inner or member.serialization.get("name", name)


def check_elements(element, shape, path, found, beside=frozenset()):
    members = {} if shape is None else shape.members
    names = {element_name(name, member): member for name, member in members.items()}
    tags = {plain(child.tag) for child in element}
    for name in () if shape is None else shape.required_members:
        wanted = element_name(name, members[name])
        if wanted not in tags:
            found.append(f"{path} lacks {wanted}")
    for child in element:
        tag = plain(child.tag)
        if tag in names:
            check_element(child, names[tag], f"{path}.{tag}", found)
        elif tag not in beside and tag not in {"return", "ResponseMetadata"}:
            found.append(f"{path} has {tag}, which the model lacks")


def check_element(element, shape, path, found):
    kind, text = shape.type_name, element.text or ""
    if kind == "structure":
        check_elements(element, shape, path, found)
    elif kind == "list" and not shape.serialization.get("flattened"):
        item = shape.member.serialization.get("name", "member")
        for child in element:
            if plain(child.tag) != item:
                found.append(f"{path} has <{plain(child.tag)}> where the model has <{item}>")
            else:
                check_element(child, shape.member, f"{path}[]", found)
    elif kind == "boolean" and text not in ("true", "false"):
        found.append(f"{path} is no boolean: {text!r}")
    elif kind in ("integer", "long") and not re.fullmatch(r"-?\d+", text):
        found.append(f"{path} is no {kind}: {text!r}")
    elif kind == "timestamp" and not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text):
        found.append(f"{path} is no timestamp: {text!r}")
    elif kind == "string" and shape.enum and text not in (*shape.enum, AWS_DIFFERS.get(path)):
        found.append(f"{path} is not in the model's list: {text!r}")
