# SPDX-License-Identifier: Apache-2.0
"""Users of the S3 server of the storage tests, by its IAM API. The server checks keys only after require_keys()."""
import json
import re
import urllib.parse
import urllib.request

# The server finds the API by the scope; it does not check this signature yet.
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=admin/20300101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0")
READ_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
SECONDS = 20


def make_reader(server):
    """A user that may read. Returns its keys, under the names that a Secret has."""
    call(server, "CreateUser", UserName="reader")
    call(server, "PutUserPolicy", UserName="reader", PolicyName="read", PolicyDocument=json.dumps(READ_ALL))
    made = call(server, "CreateAccessKey", UserName="reader")
    return {name: re.search(f"<{tag}>(.*?)</{tag}>", made)[1] for name, tag in
            (("AWS_ACCESS_KEY_ID", "AccessKeyId"), ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"))}


def require_keys(server):
    """From now on each request needs the keys of a user."""
    send(urllib.request.Request(f"{server}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}))


def call(server, action, **parameters):
    body = urllib.parse.urlencode({"Action": action, "Version": "2010-05-08", **parameters}).encode()
    return send(urllib.request.Request(server, body, {"Authorization": AUTHORIZATION,
                                                      "Content-Type": "application/x-www-form-urlencoded"}))


def send(request):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS) as reply:
        return reply.read().decode()
