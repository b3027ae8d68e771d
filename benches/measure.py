#!/usr/bin/env python3
"""Measures the program and writes docs/performance.md, .json and docs/growth.svg.

    benches/measure.py            everything: about 10 minutes after the builds
    benches/measure.py --quick    few repeats and small sizes, into a scratch folder: does it still work?

One run, one machine, nothing else going on there. It builds what it measures: the program
as it is deployed (--profile dist, --no-default-features), and benches/measure, which is AWS, Slack
and DynamoDB for it, on loopback. Needs Python 3.9 and what the project needs; Linux.
"""

import argparse
import hashlib
import http.client
import hmac
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SIZES = [10, 100, 1_000, 10_000, 100_000]
HUBS, MEMBERS = 17, 10_000
# From one command to the next, on a quarter of a core.
EVERY_MS = "10"
# On-demand prices of us-east-1 in US dollars a million units, as of 2026.
READ_PRICE, WRITE_PRICE = 0.125, 0.625


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def cargo(*arguments):
    print("cargo", *arguments, file=sys.stderr, flush=True)
    subprocess.run(["cargo", *arguments], cwd=ROOT, check=True)


def build(into):
    """Builds the program as it is deployed, and the benchmark."""
    cargo("build", "--locked", "--profile", "dist", "--no-default-features")
    program = into / "securityhub-members"
    shutil.copy(ROOT / "target/dist/securityhub-members", program)
    arguments = ["bench", "--locked", "--profile", "dist", "--no-run", "--bench", "measure"]
    cargo(*arguments)
    told = output("cargo", *arguments, "--message-format=json")
    told = [json.loads(line) for line in told.splitlines()]
    bench = [one["executable"] for one in told if one.get("target", {}).get("name") == "measure"]
    return program, Path(next(path for path in bench if path))


def machine():
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1])
    changed = output("git", "status", "--porcelain", "--", "src", "benches", "Cargo.toml", "Cargo.lock")
    return {
        "cpu": cpu[1] if cpu else os.uname().machine,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20),
        "kernel": os.uname().release.split("-")[0],
        "rustc": output("rustc", "--version").strip(),
        "commit": output("git", "rev-parse", "--short=10", "HEAD").strip() + (" and changes" if changed else ""),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


class Process:
    """A process with measured CPU time and peak memory."""

    def __init__(self, command, environment=None, **options):
        self.began = time.monotonic()
        options.setdefault("stdout", subprocess.DEVNULL)
        options.setdefault("stderr", subprocess.DEVNULL)
        self.process = subprocess.Popen(command, env=environment, **options)

    def status(self, name):
        try:
            found = re.search(rf"{name}:\s*(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        except OSError:
            found = None
        return int(found[1]) / 1024 if found else None

    def finish(self):
        """Waits for the end: CPU seconds, peak MiB, seconds."""
        peak = 0.0
        while True:
            peak = max(peak, self.status("VmHWM") or 0.0)
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.001)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode:
            sys.exit(f"{self.process.args} failed")
        cpu = usage.ru_utime + usage.ru_stime
        return {"cpu_s": cpu, "peak_mib": peak, "s": time.monotonic() - self.began}


class Bench:
    def __init__(self, path):
        self.path = str(path)

    def __call__(self, *arguments):
        """Runs it to its end, and parses its output."""
        print("measure", *arguments, file=sys.stderr, flush=True)
        return json.loads(output(self.path, *map(str, arguments)))

    def beside(self, *arguments):
        """Starts it as a server. Returns its first line of output, and a function that sends a line or ends it."""
        command = [self.path, *map(str, arguments)]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def end(line=None):
            if line is not None:
                server.stdin.write(f"{line}\n")
                server.stdin.flush()
                server.stdout.readline()
                return
            server.stdin.close()
            server.stdout.read()
            server.wait()

        return json.loads(server.stdout.readline()), end


def median(runs):
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def growth(bench, sizes):
    """Every step by size, and a poll in a process of its own."""
    grown = []
    for size in sizes:
        one = bench("parts", size)
        environment, end = bench.beside("mocks", 1, size)
        one["poll_first"] = Process([bench.path, "poll"], environment).finish()
        one["poll_quiet"] = median([Process([bench.path, "poll"], environment).finish() for _ in range(3)])
        end()
        grown.append(one)
    return grown


def polls(program, bench, members, times):
    """`poll`, as it is deployed."""
    first, quiet = [], []
    for _ in range(times):
        environment, end = bench.beside("mocks", 1, members)
        Process([program, "create-table"], environment).finish()
        first.append(Process([program, "poll"], environment).finish())
        quiet.append(Process([program, "poll"], environment).finish())
        end()
    return {"first": median(first), "quiet": median(quiet)}


class QuarterCore:
    """A control group that may use a quarter of a core, as the templates deploy it. Needs root: OSError without."""

    def __init__(self):
        name = f"securityhub-members-{os.getpid()}"
        if Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").exists():
            self.group = Path("/sys/fs/cgroup/cpu") / name
            limits = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "25000"}
        else:
            self.group = Path("/sys/fs/cgroup") / name
            limits = {"cpu.max": "25000 100000"}
        self.group.mkdir()
        for limit, value in limits.items():
            (self.group / limit).write_text(value)

    def enter(self):
        (self.group / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        self.group.rmdir()


class Serving:
    def __init__(self, program, environment, port, **options):
        self.environment = environment | {"LISTEN": f"127.0.0.1:{port}"}
        self.url = f"http://127.0.0.1:{port}"
        self.process = Process([program, "serve"], self.environment, **options)
        self.ready_ms = self.wait_for("/readyz")

    def wait_for(self, path, wanted=None):
        """Waits for status 200 and the expected content; returns the milliseconds since the start."""
        while time.monotonic() - self.process.began < 300:
            try:
                text = urllib.request.urlopen(self.url + path, timeout=5).read().decode()
                if wanted is None or wanted(text):
                    return (time.monotonic() - self.process.began) * 1e3
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.001 if wanted is None else 0.1)
        sys.exit(f"{path} does not come")

    def post(self, path, body):
        now = str(int(time.time()))
        secret = self.environment["SLACK_SIGNING_SECRET"].encode()
        signature = hmac.new(secret, f"v0:{now}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": f"v0={signature}",
        }
        request = urllib.request.Request(self.url + path, body.encode(), headers)
        urllib.request.urlopen(request).read()

    def open_home(self):
        event = {"type": "app_home_opened", "user": "U0SAM", "tab": "home", "channel": "D0SAM"}
        body = {"type": "event_callback", "team_id": "T0EXAMPLE", "api_app_id": "A0MEMBERS", "event": event}
        self.post("/slack/events", json.dumps(body))

    def stop(self):
        self.process.process.terminate()
        return self.process.finish()


def serve(program, bench, members, times, port):
    """The start, and memory at rest with all hubs watched and the Home tab opened."""
    environment, end = bench.beside("mocks", HUBS, members)
    Process([program, "create-table"], environment).finish()
    Process([program, "poll"], environment).finish()
    ready, polled, rest, peak = [], [], [], []
    for _ in range(times):
        serving = Serving(program, environment, port)
        ready.append(serving.ready_ms)
        round_done = re.compile(r"^securityhub_members_[a-z_]*polls?_total\{[^}]*\} [1-9]", re.M)
        serving.wait_for("/metrics", lambda text: len(round_done.findall(text)) >= HUBS)
        time.sleep(3)
        polled.append(serving.process.status("VmRSS"))
        for _ in range(3):
            serving.open_home()
            time.sleep(2)
        rest.append(serving.process.status("VmRSS"))
        peak.append(serving.process.status("VmHWM"))
        serving.stop()
    end()
    return {
        "members": members * HUBS,
        "ready_ms": statistics.median(ready),
        "polled_mib": statistics.median(polled),
        "rest_mib": statistics.median(rest),
        "peak_mib": statistics.median(peak),
    }


def working(program, bench, members, times, seconds, port):
    """Acknowledging on a quarter of a core, while everything changes: all lists are read and
    published, the Home tab is opened again and again, and the digest of it all is rendered."""
    try:
        QuarterCore().remove()
    except OSError as error:
        print("not measured on a quarter of a core:", error, file=sys.stderr)
        return None
    runs = []
    for _ in range(times):
        environment, end = bench.beside("mocks", HUBS, members)
        Process([program, "create-table"], environment).finish()
        Process([program, "poll"], environment).finish()
        end("members change")
        quarter = QuarterCore()
        # The digest of this morning is due.
        today = environment | {"DIGEST_SCHEDULE": "0 0 * * *"}
        serving = Serving(program, today, port, preexec_fn=quarter.enter)
        # Until the service knows its workspace, it opens no Home tab.
        time.sleep(2)
        answers = environment["SLACK_API_URL"].removesuffix("/api")
        command = [bench.path, "send-steadily", str(port), answers, "help", EVERY_MS, str(seconds)]
        sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while sender.poll() is None:
            serving.open_home()
            time.sleep(2)
        run = json.loads(sender.stdout.read())
        text = urllib.request.urlopen(serving.url + "/metrics", timeout=30).read().decode()
        counted = lambda name: sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(name, line))
        run["polls"] = counted(r'securityhub_members_polls_total\{.*outcome="read"')
        run["digests"] = counted(r'securityhub_members_digests_total\{.*outcome="delivered"')
        run["homes"] = counted(r'securityhub_members_jobs_total\{kind="home",outcome="done"')
        peak = serving.process.status("VmHWM")
        run |= serving.stop() | {"peak_mib": peak}
        quarter.remove()
        end()
        print("working", run, file=sys.stderr, flush=True)
        runs.append(run)
    return median(runs)


def acknowledging(program, bench, rounds, seconds, port):
    """Signed commands: a bare handler and the service by turns."""
    environment, end = bench.beside("mocks", 1, 40)
    Process([program, "create-table"], environment).finish()
    serving = Serving(program, environment, port)
    bare, end_bare = bench.beside("bare")
    # Until the service knows its workspace, it says "not ready yet".
    time.sleep(2)
    answers = environment["SLACK_API_URL"].removesuffix("/api")
    results = {"bare": [], "help": [], "yesterday": []}
    for _ in range(rounds):
        for name, runs in results.items():
            to = bare["port"] if name == "bare" else port
            text = "help" if name == "bare" else name
            runs.append(bench("send", to, answers, text, 16, seconds))
            # Waits until the accepted work is done.
            time.sleep(1)
    # From now on, AWS hangs and 64 checks wait, so further commands are only acknowledged.
    end("AWS hangs")
    results |= {"bare_again": [], "check": []}
    bench("send", port, answers, "", 16, 1)
    for _ in range(rounds):
        results["bare_again"].append(bench("send", bare["port"], answers, "help", 16, seconds))
        results["check"].append(bench("send", port, answers, "", 16, seconds))
    end_bare()
    serving.stop()
    end()
    measured = {name: median(runs) for name, runs in results.items()}
    for name, other in [("help", "bare"), ("yesterday", "bare"), ("check", "bare_again")]:
        pairs = zip(results[name], results[other])
        ratios = [ours["requests_a_second"] / bare["requests_a_second"] for ours, bare in pairs]
        measured[name]["of_bare"] = statistics.median(ratios)
    return measured


def measure(program, bench, quick):
    members = 100 if quick else MEMBERS
    times, rounds, seconds = (1, 1, 1) if quick else (3, 5, 3)
    return {
        "machine": machine(),
        "growth": growth(bench, SIZES[:2] if quick else SIZES),
        "poll": polls(program, bench, members, times),
        "home": bench("home", members, HUBS),
        "home_quiet": bench("home", members, 0),
        "quiet_day": bench("quiet-day", members),
        "serve": serve(program, bench, members, times, 21567),
        "working": working(program, bench, members, times, 5 if quick else 40, 21569),
        "acknowledging": acknowledging(program, bench, rounds, seconds, 21568),
        "program_mib": program.stat().st_size / 2**20,
    }


def row(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def goals(found):
    size = next((one for one in found["growth"] if one["members"] == MEMBERS), found["growth"][-1])
    ack, home, day = found["acknowledging"], found["home"], found["quiet_day"]
    first, rest = found["poll"]["first"], found["serve"]
    dollars = day["read_units"] * READ_PRICE / 1e6 + day["write_units"] * WRITE_PRICE / 1e6
    quarter = found.get("working")
    quarter_said = quarter and (
        f"{quarter['longest_ms']:.0f} ms, p99 {quarter['p99_ms']:.1f} ms, p50 {quarter['p50_ms']:.1f} ms; "
        f"{quarter['cpu_s']:.1f} s of CPU, {quarter['peak_mib']:.0f} MiB"
    )
    check, help_, work = ack["check"], ack["help"], ack["yesterday"]
    said = lambda one: f"{one['of_bare']:.2f}: {one['requests_a_second']:,.0f} a second, p99 {one['p99_ms']:.1f} ms"
    # what, goal, measured, whether it is reached
    return dollars, [
        ("acknowledging signed commands over 16 connections, while AWS is slow and 64 live checks wait for it", "0.6 of a bare handler, p99 5 ms",
         said(check), check["of_bare"] >= 0.6 and check["p99_ms"] < 5),
        ("a bare handler that only checks the HMAC, on the same machine", "",
         f"{ack['bare_again']['requests_a_second']:,.0f} a second, p99 {ack['bare_again']['p99_ms']:.1f} ms", None),
        ("the same with `help`, whose whole answer is in the acknowledgement", "", said(help_), None),
        ("the same with `yesterday`, while 64 answers at a time are read from the table and sent", "", said(work), None),
        *([] if not quarter else [
            ("acknowledging `help` on a quarter of a core, while 17 × 10,000 members are read and published, "
             "the Home tab is opened and the digest rendered: the longest", "100 ms", quarter_said, quarter["longest_ms"] < 100)]),
        ("first `poll` of 10,000 members: CPU of the process", "0.2 s", f"{first['cpu_s']:.2f} s", first["cpu_s"] < 0.2),
        ("the same: peak memory", "40 MiB", f"{first['peak_mib']:.0f} MiB", first["peak_mib"] < 40),
        ("comparing two snapshots of 10,000, all changed", "2 ms", f"{size['diff_ms']:.2f} ms", size["diff_ms"] < 2),
        ("encoding a snapshot of 10,000", "10 ms", f"{size['encode_ms']:.1f} ms", size["encode_ms"] < 10),
        ("decoding it", "10 ms", f"{size['decode_ms']:.1f} ms", size["decode_ms"] < 10),
        ("its size in the table", "140 KB", f"{size['stored_bytes'] / 1000:.0f} KB", size["stored_bytes"] <= 140_000),
        ("rendering the digest when all 10,000 changed, inside Slack's limits", "20 ms",
         f"{size['digest_ms']:.1f} ms, {size['digest_messages']} messages, {len(size['digest_refused'])} refused",
         size["digest_ms"] < 20 and not size["digest_refused"]),
        ("Home tab, 10,000 members in each of 17 Regions, 30 days, changes in every Region, first time", "20 requests, 100 ms",
         f"{home['first_requests']} requests, {home['first_ms']:.0f} ms", home["first_requests"] <= 20 and home["first_ms"] < 100),
        ("the same, later times", "", f"{home['again_requests']} requests, {home['again_ms']:.0f} ms", None),
        ("the same, if nothing changed in the week", "",
         f"{found['home_quiet']['first_requests']}, then {found['home_quiet']['again_requests']} requests, "
         f"{found['home_quiet']['again_ms']:.0f} ms", None),
        ("from the start of `serve` to ready", "200 ms", f"{rest['ready_ms']:.0f} ms", rest["ready_ms"] < 200),
        ("memory of `serve` at rest, 170,000 members, Home tab opened", "120 MiB", f"{rest['rest_mib']:.0f} MiB", rest["rest_mib"] < 120),
        ("its peak", "", f"{rest['peak_mib']:.0f} MiB", None),
        ("the table on a quiet day, 17 member lists of 10,000 members, 96 polls", "",
         f"{day['read_units']:,.0f} read and {day['write_units']:,.0f} write units, {day['requests']:,} requests: "
         f"${dollars:.4f} a day, ${dollars * 365 / 12:.2f} a month", None),
        ("size of the program, as deployed", "", f"{found['program_mib']:.1f} MiB", None),
    ]


def tables(found):
    this = found["machine"]
    _, reached = goals(found)
    mark = {True: "✓", False: "✗", None: ""}
    lines = [
        f"Measured on {this['date']} at commit `{this['commit']}`, on {this['cores']} cores of {this['cpu']}, "
        f"{this['memory_gib']} GiB of memory, Linux {this['kernel']}, {this['rustc']}. "
        "Medians; loopback; AWS, Slack and DynamoDB are mocks on the same cores.",
        "",
        row("what", "target", "measured", ""),
        row("---", "---", "---", "---"),
        *(row(what, goal, value, mark[good]) for what, goal, value, good in reached),
        "",
        "### How it grows",
        "",
        row("members", "compare", "encode", "decode", "stored", "unpacked", "digest of all", "first poll: CPU", "peak memory", "quiet poll: CPU", "peak memory"),
        row(*["---:"] * 11),
    ]
    for one in found["growth"]:
        first, quiet = one["poll_first"], one["poll_quiet"]
        lines.append(row(
            f"{one['members']:,}", f"{one['diff_ms']:.3f} ms", f"{one['encode_ms']:.2f} ms", f"{one['decode_ms']:.2f} ms",
            f"{one['stored_bytes'] / 1000:,.1f} KB", f"{one['json_bytes'] / 1000:,.0f} KB", f"{one['digest_ms']:.2f} ms",
            f"{first['cpu_s'] * 1e3:.0f} ms", f"{first['peak_mib']:.0f} MiB",
            f"{quiet['cpu_s'] * 1e3:.0f} ms", f"{quiet['peak_mib']:.0f} MiB",
        ))
    day = found["quiet_day"]["by_operation"]
    lines += ["", "### A quiet day in the table", "", row("operation", "requests", "units"), row("---", "---:", "---:")]
    lines += [row(name, f"{count['requests']:,}", f"{count['units']:,.0f}") for name, count in sorted(day.items())]
    return "\n".join(lines)


def plot(found):
    """Time and memory against members, both axes logarithmic."""
    import math

    curves = [
        ("first poll: CPU, ms", "#0b6bcb", [one["poll_first"]["cpu_s"] * 1e3 for one in found["growth"]]),
        ("first poll: peak memory, MiB", "#c0392b", [one["poll_first"]["peak_mib"] for one in found["growth"]]),
        ("digest of all changed, ms", "#8e44ad", [one["digest_ms"] for one in found["growth"]]),
        ("encode, ms", "#16a085", [one["encode_ms"] for one in found["growth"]]),
        ("decode, ms", "#d68910", [one["decode_ms"] for one in found["growth"]]),
        ("compare, ms", "#566573", [one["diff_ms"] for one in found["growth"]]),
    ]
    sizes = [one["members"] for one in found["growth"]]
    width, height, left, bottom, right, top = 860, 480, 70, 50, 250, 30
    low, high = -3, 4
    across = max(math.log10(sizes[-1] / sizes[0]), 1)
    x = lambda size: left + (width - left - right) * math.log10(size / sizes[0]) / across
    y = lambda value: height - bottom - (height - bottom - top) * (math.log10(max(value, 10**low)) - low) / (high - low)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for power in range(low, high + 1):
        level = y(10**power)
        label = f"{10**power:g}"
        parts.append(f'<path d="M{left} {level:.1f}H{width - right}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{level + 4:.1f}" text-anchor="end" fill="#444">{label}</text>')
    for size in sizes:
        parts.append(f'<path d="M{x(size):.1f} {top}V{height - bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x(size):.1f}" y="{height - bottom + 20}" text-anchor="middle" fill="#444">{size:,}</text>')
    parts.append(f'<text x="{(left + width - right) / 2}" y="{height - 8}" text-anchor="middle">members</text>')
    # Linear growth runs parallel to the dashed line.
    first = (sizes[0], 10**low * 2)
    reach = min(sizes[-1], first[0] * 10**high / first[1])
    parts.append(
        f'<path d="M{x(first[0]):.1f} {y(first[1]):.1f}L{x(reach):.1f} {y(first[1] * reach / first[0]):.1f}" '
        'stroke="#999" stroke-dasharray="5 5" fill="none"/>'
    )
    labels = []
    for name, colour, values in curves:
        points = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in zip(sizes, values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(size):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>' for size, value in zip(sizes, values)]
        labels.append([y(values[-1]), name, colour])
    labels.sort()
    for index, (level, name, colour) in enumerate(labels):
        if index and level < labels[index - 1][0] + 16:
            level = labels[index][0] = labels[index - 1][0] + 16
        parts.append(f'<text x="{width - right + 10}" y="{level + 4:.1f}" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{width - right + 10}" y="{height - bottom - 4}" fill="#777">dashed: in proportion</text>')
    return "\n".join([*parts, "</svg>", ""])


def write(found, docs):
    docs.mkdir(exist_ok=True)
    (docs / "performance.json").write_text(json.dumps(found, indent=2) + "\n")
    (docs / "growth.svg").write_text(plot(found))
    page = DOCS / "performance.md"
    text = page.read_text()
    begin, end = "<!-- measured: begin -->", "<!-- measured: end -->"
    before, rest = text.split(begin)
    _, after = rest.split(end)
    (docs / "performance.md").write_text(f"{before}{begin}\n\n{tables(found)}\n\n{end}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--built", nargs=2, metavar=("PROGRAM", "BENCH"), help="measure these and build nothing")
    parser.add_argument("--again", action="store_true", help="write the page anew from docs/performance.json")
    arguments = parser.parse_args()
    if arguments.again:
        write(json.loads((DOCS / "performance.json").read_text()), DOCS)
        return
    with tempfile.TemporaryDirectory() as scratch:
        program, bench = map(Path, arguments.built) if arguments.built else build(Path(scratch))
        found = measure(program.resolve(), Bench(bench.resolve()), arguments.quick)
        docs = Path(scratch) if arguments.quick else DOCS
        write(found, docs)
        print((docs / "performance.md").read_text())
    missed = [what for what, _, _, good in goals(found)[1] if good is False]
    if missed and not arguments.quick:
        sys.exit("not reached: " + "; ".join(missed))


if __name__ == "__main__":
    main()
