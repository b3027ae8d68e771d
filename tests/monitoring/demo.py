"""Starts the demo, acts on its page, and reads its metrics."""

import hashlib
import hmac
import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE = 60
CHANNEL = "C0SECURITY"
# The demo's value, which is not secret.
SIGNING_SECRET = "5eedf00d5eedf00d5eedf00d5eedf00d"


def until(what, found, patience=PATIENCE):
    """Waits until `found` returns a true value, and returns it."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.1)
    raise TimeoutError(f"{what}: not within {patience} s")


def get(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read().decode()


class Demo:
    """One demo: a deployment with a single replica."""

    def __init__(self, program, scratch, *options):
        self.said = scratch / f"demo{len(list(scratch.glob('demo*')))}"
        with self.said.open("w") as said:
            command = [program, "demo", "--port", "0", *options]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    def ready(self):
        """Waits for its month of history."""

        def addresses():
            if self.process.poll() is not None:
                raise RuntimeError(f"the demo ended: {self.said.read_text()}")
            text = self.said.read_text()
            page = re.search(r"^Open (http://\S+?)/? ", text, re.M)
            bot = re.search(r"^The bot listens at (http://\S+)$", text, re.M)
            return page and bot and (page[1], bot[1])

        # A debug build replays the month in 20 s, or in minutes on a busy machine.
        self.page, self.bot = until("the demo says where it is", addresses, patience=4 * PATIENCE)
        return self

    def stop(self):
        self.process.kill()
        self.process.wait()

    def metrics(self):
        """Every current series: `(name, labels)` to its value."""
        return dict(series(get(f"{self.bot}/metrics")))

    def act(self, path, **body):
        """Sends an action of the demo's page."""
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.page}/page/{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
        if not answer["ok"]:
            raise RuntimeError(f"{path}: {answer}")

    def ask(self, text):
        self.act("command", channel=CHANNEL, text=text)

    def forge(self, secret="0" * 32):
        """Sends a command that is signed with another secret; returns the HTTP status."""
        body = urllib.parse.urlencode({"command": "/securityhub-members", "text": "today"}).encode()
        now = str(int(time.time()))
        signed = hmac.new(secret.encode(), b":".join([b"v0", now.encode(), body]), hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={signed}"}
        try:
            return urllib.request.urlopen(urllib.request.Request(f"{self.bot}/slack/commands", body, headers), timeout=10).status
        except urllib.error.HTTPError as error:
            return error.code


def series(text):
    """The lines of Prometheus' text format, without its prefix."""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line).groups()
        pairs = re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels or "")
        yield (name.removeprefix("securityhub_members_"), tuple(pairs)), float(value)
