"""The rules for Prometheus: each leads to what the operator's page says of it, and none lets
one deployment hide behind another."""

import re
import subprocess
import unittest

import yaml

import policies

RULES = yaml.safe_load((policies.ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
# What tells replicas of one deployment apart. All other labels tell deployments apart.
REPLICA = {"instance", "pod", "node"}


def anchors(path):
    """The anchors that GitHub gives the headings of a page."""
    for heading in re.findall(r"^#+ (.+)$", (policies.ROOT / path).read_text(), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class Alerts(unittest.TestCase):
    def test_each_leads_to_its_section_of_the_operators_page(self):
        self.assertGreater(len(RULES), 10)
        for rule in RULES:
            path, _, anchor = rule["annotations"]["runbook_url"].partition("#")
            self.assertEqual(path, "docs/operations.md")
            self.assertIn(anchor, set(anchors(path)), rule["alert"])
            self.assertEqual(anchor, rule["alert"].lower())

    def test_each_keeps_the_labels_that_tell_deployments_apart(self):
        for rule in RULES:
            expression = rule["expr"]
            for operator in re.findall(r"\b(?:sum|min|max|avg|count)\b\s*(\w*)", expression):
                self.assertEqual(operator, "without", rule["alert"])
            for dropped in re.findall(r"without \(([^)]*)\)", expression):
                self.assertLessEqual(REPLICA, set(dropped.split(", ")), rule["alert"])

    def test_those_of_a_release_lead_to_a_whole_address(self):
        base = "https://github.com/example/securityhub-members/blob/v1.2.3"
        made = subprocess.run([policies.ROOT / ".ci" / "release-alerts", base], check=True, capture_output=True, text=True)
        rules = yaml.safe_load(made.stdout)["groups"][0]["rules"]
        self.assertEqual(len(rules), len(RULES))
        for rule, here in zip(rules, RULES):
            self.assertEqual(rule["annotations"]["runbook_url"], f"{base}/{here['annotations']['runbook_url']}")


if __name__ == "__main__":
    unittest.main()
