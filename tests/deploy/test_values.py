"""Template and module reject the same values, and derive the same settings from them."""

import re
import unittest

import policies

TEMPLATE = policies.cloudformation()


def snake(name):
    """A parameter's name as the module has it."""
    return {"TimeZone": "timezone"}.get(name) or re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


VARIABLES = {name: variable for block in policies.terraform()["variable"] for name, variable in block.items()}
# They are lists there, and one text in the template.
LISTS = {"regions", "webhook_secrets"}


def conditions(name):
    """What a variable has to be, without the parser's decoration and blanks."""
    for validation in VARIABLES[name].get("validation", []):
        yield re.sub(r"\s", "", validation["condition"].removeprefix("${").removesuffix("}"))


def expected(name, parameter):
    """The condition that refuses what the template's parameter refuses."""
    value = f'join(",",var.{name})' if name in LISTS else f"var.{name}"
    if "AllowedPattern" in parameter:
        pattern = parameter["AllowedPattern"].replace("\\", "\\\\")
        yield f'can(regex("{pattern}",{value}))'
    if "AllowedValues" in parameter:
        yield f"contains({list(map(plain, parameter['AllowedValues']))},{value})"
    bounds = [f"{value}{sign}{parameter[key]}" for key, sign in (("MinValue", ">="), ("MaxValue", "<=")) if key in parameter]
    if bounds:
        yield "&&".join(bounds)


def plain(value):
    return int(value) if str(value).isdigit() else str(value)


def evaluate(expression, parameters, of):
    """CloudFormation's functions, as far as the conditions use them."""
    if not isinstance(expression, dict):
        return expression
    ((function, arguments),) = expression.items()
    if function == "Ref":
        return parameters[arguments]
    if function == "Condition":
        return evaluate(of[arguments], parameters, of)
    arguments = [
        [evaluate(inner, parameters, of) for inner in one] if isinstance(one, list) else evaluate(one, parameters, of)
        for one in arguments
    ]
    return {
        "Fn::Equals": lambda one, other: one == other,
        "Fn::Not": lambda one: not one,
        "Fn::Or": lambda *any_of: any(any_of),
        "Fn::And": lambda *all_of: all(all_of),
        "Fn::Join": lambda between, parts: between.join(parts),
        "Fn::Split": lambda between, text: text.split(between),
        "Fn::Select": lambda index, parts: parts[int(index)],
    }[function](*arguments)


class Values(unittest.TestCase):
    def test_the_module_refuses_what_the_template_refuses(self):
        compared = 0
        for parameter, properties in TEMPLATE["Parameters"].items():
            name = snake(parameter)
            if VARIABLES[name]["type"] in ("bool", "${bool}"):
                continue
            for condition in expected(name, properties):
                self.assertIn(re.sub(r"\s", "", condition), list(conditions(name)), parameter)
                compared += 1
        self.assertGreater(compared, 20)

    def test_the_template_refuses_what_the_module_refuses(self):
        parameters = {snake(name): properties for name, properties in TEMPLATE["Parameters"].items()}
        for name in VARIABLES:
            # A stack has a name by itself.
            if name == "name":
                continue
            there = {re.sub(r"\s", "", condition) for condition in expected(name, parameters[name])}
            for condition in conditions(name):
                # Those that look at several values are the template's rules.
                if len(set(re.findall(r"var\.(\w+)", condition))) == 1:
                    self.assertIn(condition, there, name)

    def test_the_rules_are_the_same(self):
        def words(text):
            return re.sub(r"\b([A-Z][A-Za-z]+)\b", lambda match: snake(match[1]), text).rstrip(".")

        asserted = [a["AssertDescription"] for rule in TEMPLATE["Rules"].values() for a in rule["Assertions"]]
        said = {words(v["error_message"]) for variable in VARIABLES.values() for v in variable.get("validation", [])}
        for text in asserted:
            self.assertIn(words(text), said)

    def test_patterns_take_what_people_have_and_nothing_else(self):
        table = {
            "Regions": (
                ["", "all", "all,-eu-north-1", "-eu-north-1,all", "eu-west-1, us-gov-west-1", "eusc-de-east-1,mx-central-1"],
                ["ALL", "eu-west", "eu-west-1;us-east-1", "eu-west-1 us-east-1", "https://eu-west-1"],
            ),
            "DigestSchedule": (["0 9 * * *", "0 9,17 * * 1-5", "30  8 1 * *"], ["", "0 9 * *", "0 9 * * * *", "@daily"]),
            "PollInterval": (["1m", "15m", "59m", "1h"], ["", "0m", "60m", "2h", "15", "90s"]),
            "AckMax": (["1d", "90d", "299d", "366d"], ["", "0d", "367d", "90", "2w", "36h"]),
            "HostName": (["", "bot.example.com"], ["https://bot.example.com", "bot.example.com/slack", "Bot"]),
            "SlackChannel": (["", "C0123456789"], ["#security", "security"]),
            "AlarmEmail": (["", "a@example.com"], ["a", "a@example.com, b@example.com"]),
            "HttpsProxy": (
                ["", "http://proxy.example.com:3128", "http://10.0.0.7:80"],
                ["https://proxy.example.com:3128", "proxy.example.com:3128", "http://me:hush@10.0.0.7:80", "http://10.0.0.7"],
            ),
            "WebhookSecrets": (
                ["", "PAYMENTS_SECRET", "A,B,C,D,E"],
                ["payments_secret", "A, B", "A,", ",A", "A,B,C,D,E,F", "1A", "correct-horse"],
            ),
            "VpcId": (["", "vpc-0123456789abcdef0"], ["subnet-1", "default"]),
        }
        for name, (good, bad) in table.items():
            pattern = TEMPLATE["Parameters"][name]["AllowedPattern"]
            for value in good:
                self.assertTrue(re.fullmatch(pattern, value), f"{name}={value}")
            for value in bad:
                self.assertFalse(re.fullmatch(pattern, value), f"{name}={value}")

    def test_only_a_file_takes_the_place_of_the_channel(self):
        (assertion,) = TEMPLATE["Rules"]["ADigestNeedsAChannel"]["Assertions"]
        for channel, file, wanted in [("C0123456789", "", True), ("", "[[channel]]", True), ("", "", False)]:
            parameters = {"SlackChannel": channel, "ConfigToml": file}
            self.assertIs(evaluate(assertion["Assert"], parameters, {}), wanted, (channel, file))

    def test_all_is_seen_wherever_it_stands(self):
        for regions, administrators, wanted in [
            ("", "self", False),
            ("all", "self", True),
            ("all,-eu-north-1", "self", True),
            ("-eu-north-1,all", "self", True),
            ("-eu-north-1, all ,-us-east-1", "self", True),
            ("eu-west-1,us-east-1", "self", False),
            ("eu-west-1", "self regions=all", True),
            ("eu-west-1", "self regions=all,-us-east-1; arn:aws:iam::111122223333:role/reader", True),
            ("", "arn:aws:iam::111122223333:role/all external-id=all regions=eu-west-1; self", False),
            ("", "arn:aws:iam::111122223333:role/reader regions=-us-east-1,all;self", True),
            ("none", "self", False),
        ]:
            parameters = {"Regions": regions, "Administrators": administrators}
            of = TEMPLATE["Conditions"]
            self.assertIs(evaluate(of["AllRegions"], parameters, of), wanted, (regions, administrators))

    def test_each_secret_of_a_webhook_is_a_variable(self):
        of = TEMPLATE["Conditions"]
        container = TEMPLATE["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
        choices = [secret["Fn::If"] for secret in container["Secrets"] if "Fn::If" in secret]
        choices = [choice for choice in choices if choice[0].startswith("HasWebhookSecret")]
        self.assertEqual(len(choices), 5)
        for names in [], ["PAYMENTS_SECRET"], ["A", "B_C"], ["A", "B", "C", "D", "E"]:
            parameters = {"WebhookSecrets": ",".join(names)}
            given = []
            for condition, secret, otherwise in choices:
                self.assertEqual(otherwise, {"Ref": "AWS::NoValue"})
                name = evaluate(secret["Name"], parameters, of)
                _, of_value = secret["ValueFrom"]["Fn::Sub"]
                self.assertEqual(evaluate(of_value["Key"], parameters, of), name)
                if evaluate(of[condition], parameters, of):
                    given.append(name)
            self.assertEqual(given, names)

    def test_the_port_of_a_proxy_needs_a_rule_unless_it_is_443(self):
        of = TEMPLATE["Conditions"]
        for proxy, wanted in [("", False), ("http://10.0.0.7:443", False), ("http://10.0.0.7:3128", True), ("http://10.0.0.7:80", True)]:
            self.assertIs(evaluate(of["ProxyHasAPort"], {"HttpsProxy": proxy}, of), wanted, proxy)


if __name__ == "__main__":
    unittest.main()
