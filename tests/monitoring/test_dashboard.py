"""Each panel of the dashboard, in a real Prometheus that scrapes running demos.

Two deployments are scraped, one over HTTP and one in Socket Mode, and both once more under
another job with the namespaces changed round: a panel shows what one deployment exports, and
nothing of another's.
Things are done in both, twice, so that each counter grows while Prometheus looks.

Needs `prometheus`, and the program, built with its demo: PROGRAM, or the debug build.
"""

import json
import math
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
from pathlib import Path

from demo import Demo, get, until

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "securityhub-members.json").read_text())
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROGRAM = os.environ.get("PROGRAM", str(TARGET / "debug" / "securityhub-members"))
JOB, OTHER_JOB = "securityhub-members", "other-securityhub-members"
HTTP, SOCKET = "http", "socket"
INTERVAL = 1
# Grafana's value is at least four scrapes. Here it covers the whole test.
RATE_INTERVAL = "5m"


class Prometheus:
    """Prometheus over the demos, with the alert rules."""

    def __init__(self, scratch, targets):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % free.getsockname()[1]
        self.url = f"http://{address}/api/v1/"
        jobs = [
            {
                "job_name": job,
                "static_configs": [
                    {"targets": [demo.bot.removeprefix("http://")], "labels": {"namespace": namespace}}
                    for of, namespace, demo in targets
                    if of == job
                ],
            }
            for job in sorted({job for job, _, _ in targets})
        ]
        shutil.copy(ROOT / "deploy" / "prometheus" / "alerts.yml", scratch)
        # JSON is YAML.
        configuration = {
            "global": {"scrape_interval": f"{INTERVAL}s", "evaluation_interval": "2s"},
            "rule_files": ["alerts.yml"],
            "scrape_configs": jobs,
        }
        (scratch / "prometheus.yml").write_text(json.dumps(configuration))
        self.said = (scratch / "prometheus.log").open("w")
        self.process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={scratch / 'prometheus.yml'}",
                f"--storage.tsdb.path={scratch / 'data'}",
                f"--web.listen-address={address}",
            ],
            stdout=self.said,
            stderr=self.said,
        )

    def ask(self, path, **arguments):
        answer = json.loads(get(f"{self.url}{path}?{urllib.parse.urlencode(arguments, doseq=True)}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        """Every series of the answer: its labels and its value."""
        return [(one["metric"], float(one["value"][1])) for one in self.ask("query", query=expression)["result"]]

    def scraped_since(self, moment):
        """Waits until every target was scraped after this moment."""

        def later():
            try:
                stamps = self.query("timestamp(up)")
            except OSError:
                return False
            return len(stamps) == 4 and all(stamp > moment for _, stamp in stamps)

        until("every target is scraped", later)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.said.close()


def live(demo):
    """Actions of people, polls and digests."""
    demo.ask("")
    demo.ask("yesterday")
    demo.act("home-opened")
    demo.act("story", verb="invite")
    demo.act("next-digest")


def settled(demo, digests):
    """The metrics when no work is in progress and the digest is posted."""

    def idle():
        metrics = demo.metrics()
        busy = sum(value for (name, _), value in metrics.items() if name == "jobs_running")
        delivered = metrics[("digests_total", (("channel", "C0SECURITY"), ("outcome", "delivered")))]
        return busy == 0 and delivered >= digests and metrics

    return until("the digest is delivered and nothing is under way", idle)


def setUpModule():
    global SCRATCH, DEMOS, PROMETHEUS, BEFORE, NOW
    SCRATCH = Path(tempfile.mkdtemp(prefix="monitoring-"))
    unittest.addModuleCleanup(shutil.rmtree, SCRATCH)
    DEMOS = {HTTP: Demo(PROGRAM, SCRATCH), SOCKET: Demo(PROGRAM, SCRATCH, "--socket")}
    for demo in DEMOS.values():
        unittest.addModuleCleanup(demo.stop)
    for demo in DEMOS.values():
        demo.ready()
        # An open problem from the start.
        demo.act("region", region="sa-east-1", readable=False)
        demo.act("advance", minutes=60)
        until("a problem is open", lambda: any(name == "problem" and value for (name, _), value in demo.metrics().items()))
    targets = [
        (JOB, HTTP, DEMOS[HTTP]),
        (JOB, SOCKET, DEMOS[SOCKET]),
        (OTHER_JOB, HTTP, DEMOS[SOCKET]),
        (OTHER_JOB, SOCKET, DEMOS[HTTP]),
    ]
    PROMETHEUS = Prometheus(SCRATCH, targets)
    unittest.addModuleCleanup(PROMETHEUS.stop)
    snapshots = []
    for round in (1, 2):
        for namespace, demo in DEMOS.items():
            # More events over HTTP than in Socket Mode, to detect a panel that mixes the two.
            if namespace == HTTP:
                assert demo.forge() == 401
                demo.ask("last week")
                demo.act("story", verb="invite")
            live(demo)
        snapshots.append({namespace: settled(demo, round) for namespace, demo in DEMOS.items()})
        PROMETHEUS.scraped_since(time.time() + INTERVAL)
    BEFORE, NOW = snapshots


def expression(text, job, namespace):
    """A query as Grafana sends it."""
    values = {"$__rate_interval": RATE_INTERVAL, "$namespace": namespace, "$hub": ".*", "$job": job}
    for name, value in values.items():
        text = text.replace(name, value)
    assert "$" not in text, text
    return text


def exported(name, **wanted):
    """The demo's series with a name: labels, growth, value."""

    def of(namespace):
        for (found, labels), value in NOW[namespace].items():
            if found == name and all(re.fullmatch(pattern, dict(labels)[label]) for label, pattern in wanted.items()):
                # For Prometheus, the first value of a series is no growth.
                yield dict(labels), value - BEFORE[namespace].get((found, labels), value), value

    return of


def total(name, **wanted):
    """One number without labels: the sum."""
    return lambda namespace: {"": sum(value for _, _, value in exported(name, **wanted)(namespace))}


def each(name, legend, shown=lambda value: True, **wanted):
    """One number for each legend: the sum of its series."""

    def of(namespace):
        sums = {}
        for labels, _, value in exported(name, **wanted)(namespace):
            key = legend.format(**labels)
            sums[key] = sums.get(key, 0) + value
        return {key: value for key, value in sums.items() if shown(value)}

    return of


class Grows:
    """One series for each legend, above zero if it grew during the test."""

    def __init__(self, name, legend, **wanted):
        self.of = exported(name, **wanted)
        self.legend = legend

    def check(self, test, namespace, shown):
        grown = {self.legend.format(**labels) for labels, growth, _ in self.of(namespace) if growth > 0}
        there = {self.legend.format(**labels) for labels, _, value in self.of(namespace)}
        for legend in grown:
            test.assertGreater(shown.get(legend, math.nan), 0, legend)
        test.assertLessEqual(set(shown), there, "of another series")
        return grown


class Is:
    """Exactly these numbers. Times may differ by seconds."""

    def __init__(self, numbers, off=0):
        self.numbers = numbers
        self.off = off

    def check(self, test, namespace, shown):
        numbers = self.numbers(namespace)
        test.assertEqual(set(shown), set(numbers))
        for legend, number in numbers.items():
            test.assertAlmostEqual(shown[legend], number, delta=self.off, msg=legend)
        return numbers


NOT_PROTECTED = "(?!Enabled|Invited|Created|EmailVerificationInProgress).*"
AGE = 30


def ages(legend, name="hub_checked_timestamp_seconds"):
    return lambda namespace: {key: time.time() - at for key, at in each(name, legend)(namespace).items()}


def instance(namespace):
    return DEMOS[namespace].bot.removeprefix("http://")


# The expected result of each query, by the panel's title and the query's letter, and the
# deployments that have data for it.
BOTH = (HTTP, SOCKET)
PANELS = {
    ("Enabled", "A"): (BOTH, Is(total("members", status="Enabled"))),
    ("Not Enabled, excluding pending", "A"): (BOTH, Is(total("members", status=NOT_PROTECTED))),
    ("Failing", "A"): (BOTH, Is(total("hub_unread"))),
    ("Oldest data", "A"): (BOTH, Is(lambda namespace: {"": max(ages("{hub}")(namespace).values())}, AGE)),
    ("Digest overdue", "A"): (BOTH, Is(total("digest_owed"))),
    ("Open problems", "A"): (BOTH, Is(total("problem"))),
    ("Members by status", "A"): (BOTH, Is(each("members", "{status}", lambda value: value > 0))),
    ("Not Enabled, by member list", "A"): (BOTH, Is(each("members", "{hub}", status=NOT_PROTECTED))),
    ("Age of the data, by member list", "A"): (BOTH, Is(ages("{hub}"), AGE)),
    ("Polls by outcome", "A"): (BOTH, Grows("polls_total", "{outcome}")),
    ("Poll duration", "A"): (BOTH, Grows("poll_duration_seconds_count", "{hub} median", outcome="read")),
    ("Poll duration", "B"): (BOTH, Grows("poll_duration_seconds_count", "{hub} p99", outcome="read")),
    ("Failing member lists", "A"): (BOTH, Is(each("hub_unread", "{hub}"))),
    ("Digests", "A"): (BOTH, Grows("digests_total", "digest {outcome}")),
    # No Region starts to fail during the test.
    ("Digests", "B"): (BOTH, Is(lambda _: {"polling alert delivered": 0, "polling alert failed": 0})),
    ("Last digest", "A"): (
        BOTH,
        Is(lambda namespace: {"": 1000 * total("digest_delivered_timestamp_seconds")(namespace)[""]}),
    ),
    ("Open problems over time", "A"): (BOTH, Is(each("problem", "{what}", lambda value: value == 1))),
    ("Acknowledgement time", "A"): (BOTH, Grows("slack_acknowledgement_seconds_count", "median")),
    ("Acknowledgement time", "B"): (BOTH, Grows("slack_acknowledgement_seconds_count", "p99")),
    ("Requests from Slack", "A"): ((HTTP,), Grows("slack_requests_total", "{path} {status}")),
    ("Calls to Slack", "A"): (BOTH, Grows("slack_calls_total", "{method} {outcome}")),
    ("Jobs in progress", "A"): (BOTH, Is(each("jobs_running", "{kind}"))),
    ("Jobs by outcome", "A"): (BOTH, Grows("jobs_total", "{kind} {outcome}")),
    ("Job duration", "A"): (BOTH, Grows("job_duration_seconds_count", "{kind}")),
    ("Requests over Socket Mode", "A"): ((SOCKET,), Grows("slack_envelopes_total", "{kind} {outcome}")),
    ("Socket Mode connections", "A"): (
        (SOCKET,),
        Is(lambda namespace: {instance(namespace): total("slack_connections")(namespace)[""]}),
    ),
    ("Calls to AWS", "A"): (BOTH, Grows("aws_calls_total", "{aws_service} {operation} {outcome}")),
    ("Next round", "A"): (
        BOTH,
        Is(
            lambda namespace: {
                f"{instance(namespace)} {key}": -age
                for key, age in ages("{round}", "round_due_timestamp_seconds")(namespace).items()
            },
            AGE,
        ),
    ),
    ("Replicas", "A"): (BOTH, Is(total("build_info"))),
}


def queries():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield (panel["title"], target["refId"]), target


def legend(pattern, labels):
    """Formats a legend like Grafana: a missing label is empty."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), pattern)


class Dashboard(unittest.TestCase):
    maxDiff = None

    def test_every_query_is_looked_at(self):
        self.assertEqual(sorted(key for key, _ in queries()), sorted(PANELS))

    def test_every_panel_shows_what_its_deployment_exports_and_nothing_else(self):
        for key, target in queries():
            deployments, expected = PANELS[key]
            for namespace in BOTH:
                with self.subTest(panel=key, deployment=namespace):
                    answer = PROMETHEUS.query(expression(target["expr"], JOB, namespace))
                    pattern = target.get("legendFormat", "")
                    shown = {legend(pattern, labels): value for labels, value in answer}
                    self.assertEqual(len(shown), len(answer), "two series have the same legend")
                    something = expected.check(self, namespace, shown) if namespace in deployments else shown
                    self.assertEqual(bool(something), namespace in deployments)

    def test_every_series_is_of_the_chosen_job_and_namespace(self):
        for key, target in queries():
            asked = re.findall(r"securityhub_members_\w+(\{[^}]*\})?", target["expr"])
            self.assertTrue(asked, key)
            for selector in asked:
                self.assertTrue(selector.startswith('{job="$job",namespace=~"$namespace"'), key)

    def test_another_job_is_another_deployment(self):
        for key, target in queries():
            deployments, expected = PANELS[key]
            if SOCKET not in deployments:
                continue
            with self.subTest(panel=key):
                answer = PROMETHEUS.query(expression(target["expr"], OTHER_JOB, HTTP))
                shown = {legend(target.get("legendFormat", ""), labels): value for labels, value in answer}
                expected.check(self, SOCKET, shown)

    def test_the_variables_offer_what_there_is(self):
        offered = {}
        for variable in DASHBOARD["templating"]["list"]:
            if variable["type"] != "query":
                continue
            match, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
            offered[label] = PROMETHEUS.ask(f"label/{label}/values", **{"match[]": expression(match, JOB, HTTP)})
        hubs = sorted(each("hub_unread", "{hub}")(HTTP))
        self.assertEqual(offered, {"job": sorted([JOB, OTHER_JOB]), "namespace": [HTTP, SOCKET], "hub": hubs})

    def test_no_label_of_the_bot_is_renamed_by_prometheus(self):
        for name in PROMETHEUS.ask("labels"):
            self.assertFalse(name.startswith("exported_"), name)


class Rules(unittest.TestCase):
    def test_prometheus_evaluates_each_and_those_that_wait_name_their_deployment(self):
        def evaluated():
            groups = PROMETHEUS.ask("rules")["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            return all(rule["health"] == "ok" for rule in rules) and rules

        rules = {rule["name"]: rule for rule in until("every rule is evaluated", evaluated)}
        self.assertGreater(len(rules), 10)
        # A Region cannot be read in either deployment; each is there twice.
        waiting = rules["SecurityHubMembersHubUnread"]["alerts"]
        of = sorted((alert["labels"]["job"], alert["labels"]["namespace"]) for alert in waiting)
        self.assertEqual(of, sorted((job, namespace) for job in (JOB, OTHER_JOB) for namespace in BOTH))


if __name__ == "__main__":
    unittest.main()
