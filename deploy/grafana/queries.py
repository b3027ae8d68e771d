#!/usr/bin/env python3
"""Prints the queries of a dashboard as recording rules, for `promtool check rules`.

Grafana's variables are replaced by values that they can have.
"""

import json
import sys

VARIABLES = {"$hub": ".*", "$job": "securityhub-members", "$namespace": ".*", "$__rate_interval": "5m"}


def queries(path):
    with open(path, encoding="utf-8") as file:
        dashboard = json.load(file)
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"]
            for name, value in VARIABLES.items():
                query = query.replace(name, value)
            yield panel, target, query


if __name__ == "__main__":
    print("groups:\n  - name: dashboard\n    rules:")
    for panel, target, query in queries(sys.argv[1]):
        # JSON's strings are YAML's.
        print(f"      - record: panel_{panel['id']}_{target['refId']}")
        print(f"        expr: {json.dumps(query)}")
