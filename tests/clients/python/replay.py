"""Replays recorded conversations against any AWS and prints what it answered, as JSON.

    python replay.py URL FOLDER

A conversation is a list of steps. A step names its `call` and what it is called `with`;
`$name` in there stands for what an earlier step has kept. `until` repeats a step until the
answer holds these values, or has `until_status`. Nothing is judged here: each answer is reduced to its status, the
error's code, the paths and types of its members, and the values that the step asks for.
"""

import json
import pathlib
import sys
import time

import boto3
import botocore
from botocore.config import Config

import answers

PATIENCE = 5


class Replay:
    """One conversation with one AWS."""

    def __init__(self, url, prefix, region):
        session = boto3.session.Session(region_name=region)
        session.events.register("before-parse", self.hear)
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=20)
        self.clients = {
            name: session.client(name, endpoint_url=url, config=config) for name in ("efs", "ec2")
        }
        self.kept = {"prefix": prefix}
        self.heard = None

    def hear(self, operation_model, response_dict, **_):
        status, body = response_dict["status_code"], response_dict["body"]
        code = None if status < 300 else answers.error_code(operation_model, response_dict)
        try:
            told = json.loads(body or b"{}")
        except ValueError:
            told = {}
        self.heard = {"status": status, "error": code, "body": told}

    def call(self, step):
        """What one call is answered with; the parsed answer, where it is a success."""
        client = self.clients[step.get("service", "efs")]
        params = self.filled(step.get("with", {}))
        self.heard = None
        try:
            told = getattr(client, botocore.xform_name(step["call"]))(**params)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            told = {}
            if self.heard is None:
                self.heard = {"status": 0, "error": type(error).__name__, "body": {}}
        return told

    def filled(self, value):
        """The same with what was kept in place of its names."""
        if isinstance(value, str):
            for name in sorted(self.kept, key=len, reverse=True):
                value = value.replace(f"${name}", str(self.kept[name]))
            if "$" in value:
                raise LookupError(value)
            return value
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, dict):
            return {name: self.filled(item) for name, item in value.items()}
        return value

    def step(self, step):
        """One step, as often as it takes."""
        try:
            self.filled(step.get("with", {}))
        except LookupError as missing:
            return {"status": 0, "error": f"not reached: {missing.args[0]}", "members": [], "values": {}}
        limit = time.monotonic() + PATIENCE
        told = self.call(step)
        while not self.is_over(step, told) and time.monotonic() < limit:
            time.sleep(0.05)
            told = self.call(step)
        for name, path in step.get("keep", {}).items():
            if at(told, path) is not None:
                self.kept[name] = at(told, path)
        values = {path: at(told, path) for path in step.get("has", {})}
        return {
            "status": self.heard["status"],
            "error": self.heard["error"],
            "members": sorted(members(self.heard["body"])),
            "values": json.loads(json.dumps(values, default=str)),
            "wanted": self.wanted(step),
        }

    def is_over(self, step, told):
        """Whether the answer is the one that the step waits for; an error is never waited out."""
        if "until_status" in step:
            return self.heard["status"] == step["until_status"]
        wanted = self.filled(step.get("until", {}))
        held = all(at(told, path) == value for path, value in wanted.items())
        return held or self.heard["status"] >= 300

    def wanted(self, step):
        """The values that the step wants, with what was kept."""
        try:
            return self.filled(step.get("has", {}))
        except LookupError:
            return step["has"]


def at(value, path):
    """The value at `A.0.B`; `#` is the length; `None` where there is nothing."""
    for part in path.split("."):
        if part == "#":
            return len(value) if isinstance(value, list) else None
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return None
    return value


def members(value, path=""):
    """The path and type of every member."""
    if isinstance(value, dict):
        return {m for name, item in value.items() for m in members(item, f"{path}.{name}")} or {f"{path}: structure"}
    if isinstance(value, list):
        return {m for item in value for m in members(item, f"{path}[]")} or {f"{path}: list"}
    kind = "null" if value is None else {bool: "boolean", str: "string"}.get(type(value), "number")
    return {f"{path}: {kind}"}


def main(url, folder):
    told = {}
    for file in sorted(pathlib.Path(folder).glob("*.json")):
        conversation = json.loads(file.read_text(encoding="utf-8"))
        replay = Replay(url, file.stem, conversation["region"])
        told[file.stem] = [replay.step(step) for step in conversation["steps"]]
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
