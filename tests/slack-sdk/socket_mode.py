"""Holds a demo in Socket Mode to Slack's own Python SDK.

The SDK's Socket Mode client connects beside the bot: the mock speaks the
protocol if the SDK is greeted, gets its share of what people type, and its
answer is shown.

    SOCKET_DEMO_URL=http://127.0.0.1:4000 python socket_mode.py
"""

import json
import os
import threading
import urllib.request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

from tally import check, finish

DEMO_URL = os.environ["SOCKET_DEMO_URL"].rstrip("/")
# The demo's values, which are not secret.
APP_TOKEN = "xapp-1-A0MEMBERS-000000000000-demo"
BOT_TOKEN = "xoxb-000000000000-demo"
CHANNEL = "C0SECURITY"
PATIENCE = 10


def page(path: str, body: object = None):
    """Calls the API of the demo's page."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(DEMO_URL + path, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return json.load(response)


def opening(token: str) -> str:
    try:
        return WebClient(base_url=DEMO_URL + "/api/").apps_connections_open(app_token=token)["url"]
    except SlackApiError as error:
        return error.response["error"]


check("another token opens nothing", opening("xapp-1-wrong") == "invalid_auth", opening("xapp-1-wrong"))
check("a bot token opens nothing", opening(BOT_TOKEN) == "not_allowed_token_type", opening(BOT_TOKEN))
check("a connection has an address of its own", opening(APP_TOKEN) != opening(APP_TOKEN))

greeted, asked, answered = threading.Event(), [], threading.Event()


def heard(_, message: dict, __) -> None:
    if message.get("type") == "hello":
        greeted.set()


def received(client, request) -> None:
    asked.append(request)
    client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload={"text": "said by the SDK"}))
    answered.set()


client = SocketModeClient(app_token=APP_TOKEN, web_client=WebClient(base_url=DEMO_URL + "/api/"), ping_interval=1)
client.message_listeners.append(heard)
client.socket_mode_request_listeners.append(received)
client.connect()
check("the SDK is greeted", greeted.wait(PATIENCE))
# The bot has two connections and the SDK one: each gets its turn.
deliveries = [page("/page/command", {"channel": CHANNEL, "text": "help"}) for _ in range(3)]
check("the SDK gets its share of what people type", answered.wait(PATIENCE) and len(asked) == 1, len(asked))
check("every command is acknowledged in time", all(not delivery["error"] for delivery in deliveries), deliveries)
if asked:
    check("the SDK reads the command", asked[0].type == "slash_commands" and asked[0].payload["text"] == "help", asked[0].to_dict())
shown = json.dumps(page("/page/state?since=0"), ensure_ascii=False)
check("the SDK's answer is shown", "said by the SDK" in shown)
check("the bot's answers are shown", "/securityhub-members yesterday" in shown)
client.close()
deliveries = [page("/page/command", {"channel": CHANNEL, "text": "help"}) for _ in range(4)]
check("the bot goes on once the SDK is gone", all(not delivery["error"] for delivery in deliveries), deliveries)

finish()
