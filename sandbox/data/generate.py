"""Writes the tables that the sandbox has of the services' API models.

Run where botocore is installed (any Python with the AWS CLI or boto3): the whole of one service's
model, which requests are routed and validated by, and the errors of each operation, which rules of
faults may name:

    python3 sandbox/data/generate.py efs 2015-02-01 > sandbox/data/efs.json
    python3 sandbox/data/generate.py errors > sandbox/data/errors.json

Only facts are taken: names, types, limits, patterns, statuses; no documentation.
"""

import json
import sys

import botocore
import botocore.loaders

# Constraints and structure of a shape; everything else (documentation) is left out.
KEPT = ("type", "required", "min", "max", "pattern", "enum")

# ECMA 262 with the `u` flag does not allow a look-ahead to be repeated; once means the same.
REPEATED_LOOK_AHEAD = ("(?!\\.)+", "(?!\\.)")


def shape(model):
    kept = {key: model[key] for key in KEPT if key in model}
    if "pattern" in kept:
        kept["pattern"] = kept["pattern"].replace(*REPEATED_LOOK_AHEAD)
    if "members" in model:
        kept["members"] = {name: member(found) for name, found in model["members"].items()}
    if model["type"] == "list":
        kept["member"] = model["member"]["shape"]
    if model.get("exception"):
        kept["status"] = model["error"]["httpStatusCode"]
    return kept


def member(model):
    kept = {"shape": model["shape"]}
    if "location" in model:
        kept["location"] = model["location"]
        kept["name"] = model["locationName"]
    return kept


def operation(model):
    kept = {
        "method": model["http"]["method"],
        "path": model["http"]["requestUri"],
        "status": model["http"].get("responseCode", 200),
        "errors": [error["shape"] for error in model.get("errors", [])],
    }
    for side in ("input", "output"):
        if side in model:
            kept[side] = model[side]["shape"]
    return kept


# The services whose models list the errors of their operations: EC2's lists none.
ERRORS_OF = (
    ("eks", "2017-11-01"),
    ("elasticfilesystem", "2015-02-01"),
    ("iam", "2010-05-08"),
    ("kms", "2014-11-01"),
    ("sts", "2011-06-15"),
)

# The members that a rule of faults can fill in: the code and a sentence.
PLAIN = {"ErrorCode", "Message", "message"}


def errors(model, operation):
    """The codes of an operation's errors with their statuses; none whose body needs more."""
    listed = {}
    for error in operation.get("errors", []):
        shape = model["shapes"][error["shape"]]
        told = shape.get("error", {})
        if set(shape.get("required", [])) <= PLAIN:
            listed[told.get("code", error["shape"])] = told.get("httpStatusCode", 400)
    return dict(sorted(listed.items()))


def print_errors():
    services = []
    for service, version in ERRORS_OF:
        folder = "efs" if service == "elasticfilesystem" else service
        model = botocore.loaders.Loader().load_service_model(folder, "service-2", version)
        rows = [f"      {json.dumps(name)}: {json.dumps(errors(model, found))}" for name, found in sorted(model["operations"].items())]
        services.append(f'    "{service}": {{\n' + ",\n".join(rows) + "\n    }")
    print("{")
    print(f'  "source": "botocore {botocore.__version__}: the errors that each service-2.json lists",')
    print('  "command": "python3 sandbox/data/generate.py errors",')
    print('  "services": {\n' + ",\n".join(services) + "\n  }\n}")


def main():
    if sys.argv[1:] == ["errors"]:
        print_errors()
        return
    service, version = sys.argv[1:]
    model = botocore.loaders.Loader().load_service_model(service, "service-2", version)
    table = {
        "source": f"botocore {botocore.__version__}: data/{service}/{version}/service-2.json",
        "command": f"python3 sandbox/data/generate.py {service} {version}",
    }
    # One line per operation and shape, so that a new model's difference can be read.
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items()]
    for part, read in (("operations", operation), ("shapes", shape)):
        rows = [f"    {json.dumps(name)}: {json.dumps(read(found))}" for name, found in sorted(model[part].items())]
        lines.append(f'  "{part}": {{\n' + ",\n".join(rows) + "\n  }")
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
