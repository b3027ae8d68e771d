"""The templates match the program: its settings, log events and paths."""

import json
import re
import unittest

import policies

TEMPLATE = policies.cloudformation()
RESOURCES = TEMPLATE["Resources"]
CODE = "\n".join(text for _, text in policies.source_files())


def of_type(kind):
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


def container():
    return RESOURCES["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]


def metrics(alarm):
    """The metrics of an alarm: one, or several with an expression."""
    return [part["MetricStat"]["Metric"] for part in alarm["Metrics"] if "MetricStat" in part] if "Metrics" in alarm else [alarm]


def filters():
    return [f["FilterPattern"] for f in of_type("AWS::Logs::MetricFilter").values()]


class Settings(unittest.TestCase):
    def test_every_variable_is_a_setting_of_the_program(self):
        declared = re.search(r"\nsettings! \{(.*?)\n\}", CODE, re.DOTALL)[1]
        known = set(re.findall(r"^    ([A-Z_]+) \{", declared, re.MULTILINE)) | {"AWS_REGION"}
        # The variables with a proxy, each before its second spelling.
        proxies = set(re.findall(r'\["([A-Z]+_PROXY)", "[a-z]+_proxy"\]', CODE))
        self.assertEqual(len(proxies), 4)
        known |= proxies
        self.assertGreater(len(known), 25)
        given = {variable["Name"] for variable in container()["Environment"]}
        self.assertLessEqual(given, known)

    def test_secrets_come_from_the_secret_alone(self):
        secrets = set()
        for secret in container()["Secrets"]:
            for one in secret["Fn::If"][1:] if "Fn::If" in secret else [secret]:
                if one == {"Ref": "AWS::NoValue"}:
                    continue
                if isinstance(one["Name"], dict):
                    # That of a webhook: its parameter names it.
                    self.assertEqual(one["ValueFrom"]["Fn::Sub"], ["${SecretArn}:${Key}::", {"Key": one["Name"]}])
                    continue
                self.assertEqual(one["ValueFrom"]["Fn::Sub"], "${SecretArn}:%s::" % one["Name"])
                secrets.add(one["Name"])
        self.assertEqual(secrets, {"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"})
        given = {variable["Name"] for variable in container()["Environment"]}
        self.assertFalse(given & secrets)

    def test_every_parameter_is_described_and_in_a_group(self):
        groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        grouped = [name for group in groups for name in group["Parameters"]]
        self.assertEqual(sorted(grouped), sorted(TEMPLATE["Parameters"]))
        for name, parameter in TEMPLATE["Parameters"].items():
            self.assertGreater(len(parameter["Description"]), 10, name)

    def test_newcomers_are_asked_for_little(self):
        asked = {name for name, p in TEMPLATE["Parameters"].items() if "Default" not in p}
        self.assertEqual(asked, {"SecretArn", "SlackChannel", "Image"})


class Service(unittest.TestCase):
    def test_the_container_may_do_nothing_that_it_need_not(self):
        bot = container()
        self.assertIs(bot["ReadonlyRootFilesystem"], True)
        self.assertEqual(bot["User"], "65532:65532")
        self.assertEqual(bot["LinuxParameters"]["Capabilities"], {"Drop": ["ALL"]})
        self.assertEqual(bot["StopTimeout"], 30)
        self.assertEqual(bot["HealthCheck"]["Command"], ["CMD", "/securityhub-members", "healthcheck"])

    def test_the_load_balancer_lets_the_programs_paths_through_and_no_other(self):
        rule = RESOURCES["ListenerRule"]["Properties"]["Conditions"][0]["PathPatternConfig"]["Values"]
        self.assertEqual(set(rule), set(re.findall(r'"(/slack/[a-z]+)"', CODE)))
        default = RESOURCES["Listener"]["Properties"]["DefaultActions"]
        self.assertEqual(default[0]["FixedResponseConfig"]["StatusCode"], "404")

    def test_the_table_is_as_create_table_makes_it(self):
        table = RESOURCES["Table"]["Properties"]
        self.assertEqual(
            [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]],
            [("pk", "HASH"), ("sk", "RANGE")],
        )
        self.assertEqual(table["TimeToLiveSpecification"], {"AttributeName": "expires_at", "Enabled": True})
        self.assertIs(table["DeletionProtectionEnabled"], True)
        self.assertIs(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], True)
        self.assertEqual(table["BillingMode"], "PAY_PER_REQUEST")
        self.assertEqual(RESOURCES["Table"]["DeletionPolicy"], "Retain")


class Alarms(unittest.TestCase):
    def test_filters_wait_for_events_and_no_sentence(self):
        by_event = [pattern for pattern in filters() if "$.event" in pattern]
        event = r'\$\.event = "(\w+)"'
        for pattern in by_event:
            self.assertRegex(pattern, rf"^\{{ ({event}|\({event}\)( \|\| \({event}\))+) \}}$")
        waited = [event_name for pattern in by_event for event_name in re.findall(event, pattern)]
        self.assertEqual(sorted(waited), sorted(set(waited)))
        self.assertLessEqual(set(waited), set(policies.events()))
        # The only other thing that a filter looks at is the level.
        others = [pattern for pattern in filters() if "$.event" not in pattern]
        self.assertEqual(others, ['{ $.level = "ERROR" }'])

    def test_a_deployment_that_fails_is_reported(self):
        patterns = [rule["EventPattern"] for rule in of_type("AWS::Events::Rule").values()]
        failed = [p for p in patterns if p["detail-type"] == ["ECS Deployment State Change"]]
        self.assertEqual([p["detail"]["eventName"] for p in failed], [["SERVICE_DEPLOYMENT_FAILED"]])
        # ECS names the service by its cluster and its own name, which are the stack's.
        self.assertTrue(failed[0]["resources"][0]["Fn::Sub"].endswith(":service/${AWS::StackName}/${AWS::StackName}"))
        for kind in "AWS::ECS::Cluster", "AWS::ECS::Service":
            (resource,) = of_type(kind).values()
            name = resource.get("ClusterName", resource.get("ServiceName"))
            self.assertEqual(name, {"Ref": "AWS::StackName"})

    def test_the_log_outlives_the_stack_and_a_later_stack_takes_it(self):
        log = RESOURCES["Log"]
        self.assertEqual((log["DeletionPolicy"], log["Condition"]), ("Retain", "NewLog"))
        for metric in of_type("AWS::Logs::MetricFilter").values():
            self.assertEqual(metric["LogGroupName"], {"Fn::If": ["NewLog", {"Ref": "Log"}, {"Ref": "AWS::StackName"}]})

    def test_every_filter_feeds_an_alarm_with_an_action(self):
        alarms = of_type("AWS::CloudWatch::Alarm").values()
        watched = {metric["MetricName"] for alarm in alarms for metric in metrics(alarm)}
        for metric in of_type("AWS::Logs::MetricFilter").values():
            self.assertIn(metric["MetricTransformations"][0]["MetricName"], watched)
        for alarm in alarms:
            self.assertEqual(alarm["AlarmActions"], [{"Ref": "AlarmTopic"}])


class Module(unittest.TestCase):
    """The Terraform module creates the same resources as the template."""

    def setUp(self):
        self.blocks = policies.terraform()
        self.locals = {name: value for block in self.blocks["locals"] for name, value in block.items()}

    def resource(self, kind, name):
        return next(r[kind][name] for r in self.blocks["resource"] if name in r.get(kind, {}))

    def test_the_bot_gets_the_same_variables(self):
        given = [variable["Name"] for variable in container()["Environment"]]
        self.assertEqual(list(self.locals["environment"][0]), given)

    def test_the_bot_gets_the_secrets_of_webhooks_too(self):
        self.assertIn("var.webhook_secrets", self.locals["secrets"])

    def test_the_tasks_may_call_the_proxy_at_its_port(self):
        rule = self.resource("aws_vpc_security_group_egress_rule", "proxy")
        self.assertEqual({rule["from_port"], rule["to_port"]}, {"${local.proxy_port}"})
        in_the_template = RESOURCES["ProxyEgress"]["Properties"]
        port = {"Fn::Select": [2, {"Fn::Split": [":", {"Ref": "HttpsProxy"}]}]}
        self.assertEqual([in_the_template["FromPort"], in_the_template["ToPort"]], [port, port])

    def test_the_filters_wait_for_the_same_texts(self):
        texts = [*self.locals["filters"][0].values(), self.resource("aws_cloudwatch_log_metric_filter", "signatures")["pattern"]]
        texts = {text.replace('\\"', '"') for text in texts}
        self.assertEqual(texts, set(filters()))

    def test_the_alarms_are_the_same(self):
        of_the_log = {
            (a["MetricName"], a["Period"], a["Threshold"], a["ComparisonOperator"] == "LessThanThreshold", "OKActions" in a)
            for a in of_type("AWS::CloudWatch::Alarm").values()
            if a.get("Statistic") == "Sum"
        }
        of_the_module = {
            (a["metric"], a["seconds"], a["threshold"], a["below"], a["ends"])
            for a in self.locals["alarms"][0].values()
        }
        self.assertEqual(of_the_module, of_the_log)

    def test_the_alarm_for_signatures_is_the_same(self):
        alarm = RESOURCES["SignatureAlarm"]["Properties"]
        expressions = [(q["Id"], q.get("Expression")) for q in alarm["Metrics"]]
        looked_at = [(m["Namespace"], m["MetricName"]) for m in metrics(alarm)][1:]
        queries = self.resource("aws_cloudwatch_metric_alarm", "signatures")["metric_query"]
        self.assertEqual([(q["id"], q.get("expression")) for q in queries], expressions)
        of_the_module = [(q["metric"][0]["namespace"], q["metric"][0]["metric_name"]) for q in queries if "metric" in q][1:]
        self.assertEqual(of_the_module, looked_at)

    def test_a_deployment_that_fails_is_reported_and_is_an_error(self):
        rule = self.resource("aws_cloudwatch_event_rule", "deployment")["event_pattern"]
        for part in "ECS Deployment State Change", "SERVICE_DEPLOYMENT_FAILED", ":service/${var.name}/${var.name}":
            self.assertIn(part, rule)
        service = self.resource("aws_ecs_service", "this")
        self.assertIs(service["wait_for_steady_state"], True)
        held = service["lifecycle"][0]["postcondition"][0]["condition"]
        self.assertEqual(held, "${self.task_definition == aws_ecs_task_definition.this.arn}")

    def test_roles_of_two_regions_have_two_names(self):
        roles = [role for r in self.blocks["resource"] for role in r.get("aws_iam_role", {}).values()]
        self.assertEqual(len(roles), 2)
        for role in roles:
            self.assertIn("${local.region}", role["name"])
            # 64 at most, with the longest name and the longest Region.
            longest = role["name"].replace("${var.name}", "n" * 28).replace("${local.region}", "ap-northeast-1" + "0")
            self.assertLessEqual(len(longest), 64)

    def test_the_log_outlives_the_rest(self):
        self.assertIs(self.resource("aws_cloudwatch_log_group", "this")["skip_destroy"], True)

    def test_the_same_paths_get_through_with_the_same_tls(self):
        rule = self.resource("aws_lb_listener_rule", "slack")["condition"][0]["path_pattern"][0]["values"]
        of_the_template = RESOURCES["ListenerRule"]["Properties"]["Conditions"][0]["PathPatternConfig"]["Values"]
        self.assertEqual(rule, of_the_template)
        listener = self.resource("aws_lb_listener", "https")
        self.assertEqual(listener["ssl_policy"], RESOURCES["Listener"]["Properties"]["SslPolicy"])

    def test_every_variable_is_described(self):
        for block in self.blocks["variable"]:
            for name, variable in block.items():
                self.assertGreater(len(variable["description"]), 10, name)

    def test_the_defaults_are_the_templates(self):
        def plain(value):
            if isinstance(value, list):
                return ",".join(value)
            return {"True": "yes", "False": "no"}.get(str(value), str(value))

        parameters = {re.sub("_", "", name).lower(): p for name, p in TEMPLATE["Parameters"].items()}
        compared = 0
        for block in self.blocks["variable"]:
            for name, variable in block.items():
                parameter = parameters.get(name.replace("_", ""))
                if parameter and name != "assign_public_ip":
                    self.assertEqual(plain(variable.get("default")), plain(parameter.get("Default")), name)
                    compared += 1
        self.assertEqual(compared, len(parameters) - 1)


class Suppressions(unittest.TestCase):
    def test_each_has_its_reason(self):
        for name, resource in RESOURCES.items():
            for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
                self.assertGreater(len(skip["comment"]), 30, f"{name} {json.dumps(skip)}")


if __name__ == "__main__":
    unittest.main()
