"""The bot's AWS permissions, as used by the code, as documented, and as granted by the templates.

Each is a mapping from an action to its resources.
"""

import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import hcl2
from cfnlint.decode import cfn_yaml

ROOT = Path(__file__).resolve().parents[2]

# Not for the running bot: `create-table` creates the table, and `check` reports which of its
# actions are denied.
SET_UP = {"src/aws/table/schema.rs"}
LOOK = {"src/aws/table/inspect.rs"}

# This action needs no permission.
FREE = {"sts:GetCallerIdentity"}

# Some settings need these. The templates grant them on request.
ON_REQUEST = {
    "account:ListRegions",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
    "sts:AssumeRole",
}

# Transactions need the permissions of the operations that they contain.
TRANSACTION = {
    "Put": "dynamodb:PutItem",
    "Delete": "dynamodb:DeleteItem",
    "Update": "dynamodb:UpdateItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}


def camel(operation):
    """`list_members` as IAM writes it."""
    return "".join(word.capitalize() for word in operation.split("_"))


def operations():
    """Every operation of the AWS SDKs that the program is built with, with its services."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    metadata = json.loads(metadata.stdout)
    own = next(p for p in metadata["packages"] if p["name"] == "securityhub-members")
    wanted = {d["name"] for d in own["dependencies"] if d["name"].startswith("aws-sdk-")}
    services = defaultdict(set)
    for package in metadata["packages"]:
        if package["name"] in wanted:
            folder = Path(package["manifest_path"]).parent / "src" / "operation"
            for operation in folder.glob("*.rs"):
                services[operation.stem].add(package["name"].removeprefix("aws-sdk-"))
    return services


def source_files():
    """The program's code without its demo and its tests."""
    for path in sorted((ROOT / "src").rglob("*.rs")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("src/demo/") or path.stem == "tests":
            continue
        text = path.read_text().split("#[cfg(test)]\nmod tests {")[0]
        yield name, text


def calls(text, services):
    """The actions of one file."""
    for name in re.findall(r"\.\s*([a-z_]+)\(\)", text):
        found = services.get(name, set())
        if len(found) > 1:
            found = {service for service in found if f"aws_sdk_{service}" in text}
        for service in found:
            if name.startswith("transact_write"):
                for kind, action in TRANSACTION.items():
                    if re.search(rf"\b{kind}::builder\(\)", text):
                        yield action
            elif name.startswith("transact_get"):
                yield "dynamodb:GetItem"
            else:
                yield f"{service}:{camel(name)}"
    if "AssumeRoleProvider" in text:
        yield "sts:AssumeRole"


def of_the_code():
    """The actions of the running bot, of `create-table`, and the additional ones of `check`."""
    services = operations()
    bot, set_up, look = set(), set(), set()
    for name, text in source_files():
        if "aws_sdk_" not in text and not name.startswith("src/aws/"):
            continue
        into = set_up if name in SET_UP else look if name in LOOK else bot
        into.update(calls(text, services))
    return bot - FREE, set_up - FREE, look - FREE - bot


def listed(value):
    return value if isinstance(value, list) else [value]


def of_statements(statements):
    """Actions with their resources."""
    allowed = defaultdict(set)
    for statement in statements:
        assert statement["Effect"] == "Allow", statement
        for action in listed(statement["Action"]):
            allowed[action].update(map(str, listed(statement["Resource"])))
    return dict(allowed)


def of_documents():
    """The policies in the documents: of the bot, and of `create-table`."""
    bot, set_up = [], []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for block in re.findall(r"```json\n(.*?)```", path.read_text(), re.S):
            if '"Effect"' not in block:
                continue
            policy = json.loads(block)
            statements = policy.get("Statement", [policy])
            # A trust policy grants the bot nothing.
            statements = [s for s in statements if "Principal" not in s]
            sids = {statement.get("Sid") for statement in statements}
            (set_up if "CreateTheTable" in sids else bot).extend(statements)
    return of_statements(bot), of_statements(set_up)


def mentioned():
    """Actions in the text of the page with the policies."""
    return set(re.findall(r"`([a-z]+:[A-Z]\w+)`", (ROOT / "docs" / "security.md").read_text()))


def cloudformation():
    """The template, with `Ref` and the like as single-key mappings."""
    return cfn_yaml.load(str(ROOT / "deploy" / "cloudformation.yml"))


def of_cloudformation():
    """The actions that the task role always allows, and those on request."""
    role = cloudformation()["Resources"]["TaskRole"]["Properties"]
    assert not role.get("ManagedPolicyArns"), "the role has its own policies only"
    always, on_request = [], []
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if "Fn::If" in statement:
                on_request.append(statement["Fn::If"][1])
            else:
                always.append(statement)
    return of_statements(always), of_statements(on_request)


def unwrapped(value):
    """The parser puts each value into a list; blocks and maps are left in theirs."""
    if isinstance(value, dict):
        return {name: unwrapped(inner) for name, inner in value.items()}
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], dict):
        return value[0]
    return [unwrapped(inner) for inner in value] if isinstance(value, list) else value


def terraform():
    """Every block of the module, by kind."""
    blocks = defaultdict(list)
    for path in sorted((ROOT / "deploy" / "terraform").glob("*.tf")):
        with path.open() as file:
            for kind, found in hcl2.load(file).items():
                blocks[kind].extend(unwrapped(block) for block in found)
    return blocks


def of_terraform():
    """The same of the module."""
    documents = [d["aws_iam_policy_document"] for d in terraform()["data"] if "aws_iam_policy_document" in d]
    bot = next(d["task"] for d in documents if "task" in d)

    def plain(statement):
        return {
            "Effect": "Allow",
            "Action": statement["actions"],
            "Resource": statement["resources"],
        }

    always = [plain(statement) for statement in bot["statement"]]
    on_request = []
    for dynamic in bot.get("dynamic", []):
        on_request.append(plain(dynamic["statement"]["content"][0]))
    return of_statements(always), of_statements(on_request)


def events():
    """Every event of the log, with its fields and levels."""
    found = defaultdict(lambda: (set(), set()))
    for _, text in source_files():
        # Some lines get their event from a function.
        chosen = re.findall(r'"(\w+)"', "".join(re.findall(r"fn log_event\(.*?\n    \}\n", text, re.S)))
        for level, line in re.findall(r'\btracing::(\w+)!\(((?:"(?:[^"\\]|\\.)*"|\([^()]*\)|[^()"])*)\)', text):
            fields = re.sub(r'target: "\w+",', "", re.sub(r'"(?:[^"\\]|\\.)*",?\s*$', "", line.strip(), flags=re.S))
            names = [re.match(r"[%?]?([\w.]+)", part) for part in re.split(r",\s+", fields) if part]
            names = {name[1].split(".")[-1] for name in names if name}
            given = re.findall(r'event = "(\w+)"', line) or (chosen if "event" in names else [])
            for event in given:
                found[event][0].update(names - {"event"})
                found[event][1].add(level.upper())
    return found
