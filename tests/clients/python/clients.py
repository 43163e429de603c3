"""boto3 and the AWS CLI behind one face, so that one story can be told to both."""

import contextlib
import functools
import io
import json
import os
import subprocess
import sys

import answers


# Ids of the right form that nobody has.
MISSING = {
    "file system": "fs-0123456789abcdef0",
    "mount target": "fsmt-0123456789abcdef0",
    "access point": "fsap-0123456789abcdef0",
}


class Refused(Exception):
    """An error of AWS, as the client tells it."""

    def __init__(self, code, message, more=None):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.more = code, message, more or {}


class Boto3:
    """boto3, with its own checks of parameters off: what is wrong is to reach the server."""

    def __init__(self, region="eu-west-1"):
        import boto3
        from botocore.config import Config

        session = boto3.session.Session(region_name=region)
        answers.watch(session.events)
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        self.clients = {
            name: session.client(name, config=config)
            for name in ("efs", "ec2", "sts", "kms", "iam", "eks")
        }

    def call(self, service, operation, **params):
        """One call; its answer."""
        import botocore

        client = self.clients[service]
        try:
            told = getattr(client, botocore.xform_name(operation))(**params)
        except botocore.exceptions.ClientError as error:
            more = {k: v for k, v in error.response.items() if k not in ("Error", "ResponseMetadata")}
            raise Refused(error.response["Error"]["Code"], str(error), more) from error
        told.pop("ResponseMetadata", None)
        return told

    def all(self, service, operation, listed, size, **params):
        """All items of a listing, in pages of a size."""
        import botocore

        client, name = self.clients[service], botocore.xform_name(operation)
        pages = client.get_paginator(name).paginate(PaginationConfig={"PageSize": size}, **params)
        found = [page[listed] for page in pages]
        assert all(len(page) <= size for page in found), f"{operation}: a page is over its size"
        return [item for page in found for item in page]

    def paginates(self, service, operation):
        """Whether botocore knows how this listing is paged."""
        import botocore

        return self.clients[service].can_paginate(botocore.xform_name(operation))


class Cli:
    """The AWS CLI. The first call of each operation of EFS is a process of its own, as a person's
    is; the others go to the CLI's own entry point within this one, which takes a tenth of the time.
    """

    def __init__(self, region="eu-west-1"):
        import botocore
        import botocore.session

        self.dashed = lambda name: botocore.xform_name(name, "-")
        self.common = ["--region", region, "--output", "json"]
        self.program = os.path.join(os.path.dirname(sys.executable), "aws")
        self.session = botocore.session.get_session()
        self.called = set()
        # What the CLI does not call `--no-…`.
        self.opposite = {"egress": "--ingress"}

    def run(self, service, operation, *flags):
        args = [*self.common, service, self.dashed(operation), *flags]
        is_first = service == "efs" and operation not in self.called
        self.called.add(operation)
        code, out, message = self.process(args) if is_first else within(args)
        if code == 0:
            return json.loads(out) if out.strip() else {}
        if "An error occurred (" not in message:
            raise AssertionError(f"aws {' '.join(args)} ended with {code}: {message}")
        raise Refused(message.split("An error occurred (")[1].split(")")[0], message)

    def process(self, args):
        ran = subprocess.run([self.program, *args], capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout, ran.stderr.strip()

    def call(self, service, operation, **params):
        """One call; its answer."""
        flags = [flag for name, value in params.items() for flag in self.flag(name, value)]
        return self.run(service, operation, *flags)

    def flag(self, name, value):
        name = self.dashed(name)
        if isinstance(value, bool):
            return [f"--{name}" if value else self.opposite.get(name, f"--no-{name}")]
        return [f"--{name}", value if isinstance(value, str) else json.dumps(value)]

    def all(self, service, operation, listed, size, **params):
        """All items of a listing, in pages of a size."""
        flags = [flag for name, value in params.items() for flag in self.flag(name, value)]
        return self.run(service, operation, "--page-size", str(size), *flags)[listed]

    def paginates(self, service, operation):
        """Whether botocore knows how this listing is paged."""
        return operation in self.session.get_paginator_model(service)._paginator_config


@functools.cache
def driver():
    """What the program `aws` starts; kept, as it reads the models of whole services."""
    from awscli.clidriver import create_clidriver

    return create_clidriver()


def within(args):
    """Runs the CLI in this process: exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = driver().main(args)
    return code, out.getvalue(), err.getvalue().strip()
