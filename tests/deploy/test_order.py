"""The order of resources: the network before the load balancer and the service."""

import re
import unittest

import policies

RESOURCES = policies.cloudformation()["Resources"]


def names_in(value):
    """The logical names that a value of the template leads to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0] if isinstance(inner, list) else inner.split(".")[0]
            elif key == "Fn::Sub" and isinstance(inner, str):
                yield from re.findall(r"\$\{(\w+)", inner)
            else:
                yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def of_the_template():
    """Each resource with those that CloudFormation makes before it."""
    for name, resource in RESOURCES.items():
        waits = resource.get("DependsOn", [])
        waits = [waits] if isinstance(waits, str) else list(waits)
        yield name, {*waits, *names_in(resource["Properties"])} & set(RESOURCES)


def of_the_module():
    """The same of the module, with its locals as steps on the way."""
    blocks = policies.terraform()
    for block in blocks["locals"]:
        for name, value in block.items():
            yield f"local.{name}", addresses(value)
    for block in blocks["resource"]:
        for kind, resources in block.items():
            for name, resource in resources.items():
                yield f"{kind}.{name}", addresses(resource)


def addresses(value):
    return set(re.findall(r"\b(?:local|aws_\w+)\.\w+", str(value)))


def before(graph, name):
    """All that is made before something."""
    seen, open_ = set(), [name]
    while open_:
        for one in graph.get(open_.pop(), ()):
            if one not in seen:
                seen.add(one)
                open_.append(one)
    return seen


class Order(unittest.TestCase):
    def test_the_template_makes_the_way_out_before_what_needs_it(self):
        graph = dict(of_the_template())
        for name in "LoadBalancer", "Service":
            needed = {"InternetGatewayAttachment", "RouteOut", "RouteOfSubnetA", "RouteOfSubnetB"}
            self.assertLessEqual(needed, before(graph, name), name)
        self.assertLessEqual({"ListenerRule", "Log"}, before(graph, "Service"))

    def test_the_module_makes_the_way_out_before_what_needs_it(self):
        graph = dict(of_the_module())
        for name in "aws_lb.this", "aws_ecs_service.this":
            needed = {"aws_internet_gateway.this", "aws_route_table.public", "aws_route_table_association.public"}
            self.assertLessEqual(needed, before(graph, name), name)
        needed = {"aws_lb_listener_rule.slack", "aws_cloudwatch_log_group.this", "aws_iam_role_policy.execution"}
        self.assertLessEqual(needed, before(graph, "aws_ecs_service.this"))
        for name in "aws_cloudwatch_log_metric_filter.this", "aws_cloudwatch_log_metric_filter.signatures":
            self.assertIn("aws_cloudwatch_log_group.this", before(graph, name))

    def test_a_dependency_by_name_is_on_what_is_there_whenever_the_resource_is(self):
        for name, resource in RESOURCES.items():
            waits = resource.get("DependsOn", [])
            for other in [waits] if isinstance(waits, str) else waits:
                condition = RESOURCES[other].get("Condition")
                self.assertIn(condition, (None, resource.get("Condition")), f"{name} on {other}")


if __name__ == "__main__":
    unittest.main()
