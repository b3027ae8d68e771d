//! Requests to the bot: commands, events and interactions, signed like Slack's or over Socket
//! Mode.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::actions::Place;
use super::elements::Press;
use super::example::VERIFICATION_TOKEN;
use super::response_url;
use super::traffic::Delivery;
use super::workspace::{Ephemeral, Original, ResponseUrl};
use super::{COMMAND, MockSlack, SIGNING_SECRET};
use crate::clock::{Clock, SystemClock};
use crate::demo::words;

/// Slack's time limit for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
const FORM: &str = "application/x-www-form-urlencoded";

/// The value of `X-Slack-Signature` for a body.
#[must_use]
pub fn signature(secret: &str, timestamp: i64, body: &str) -> String {
    // HMAC accepts keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

type Fields = Vec<(String, String)>;

fn form(fields: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish()
}

impl MockSlack {
    /// Sends the app's slash command with `text` in a channel.
    pub async fn command(&self, user: &str, channel: &str, text: &str) -> Delivery {
        let (id, url) = self.new_response_url("commands", user, channel, None, None);
        let fields = {
            let workspace = &self.lock().workspace;
            let channel_name = workspace
                .channel(channel)
                .map_or("directmessage", |c| c.name.as_str());
            let user_name = workspace.user(user).map_or("", |u| u.name.as_str());
            let org_wide = workspace.is_enterprise_install.to_string();
            let mut fields = vec![
                ("token", VERIFICATION_TOKEN),
                ("team_id", &workspace.team_id),
                ("team_domain", &workspace.team_domain),
                ("channel_id", channel),
                ("channel_name", channel_name),
                ("user_id", user),
                ("user_name", user_name),
                ("command", COMMAND),
                ("text", text),
                ("api_app_id", &workspace.app_id),
                ("is_enterprise_install", &org_wide),
                ("response_url", &url),
            ];
            let trigger = format!("398738663015.47445629121.{id}");
            fields.push(("trigger_id", &trigger));
            if let Some(enterprise) = &workspace.enterprise_id {
                fields.push(("enterprise_id", enterprise));
                fields.push(("enterprise_name", "Example"));
            }
            Fields::from_iter(
                fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
            )
        };
        let mut delivery = if self.socket_mode() {
            let payload = fields.into_iter().map(|(name, value)| (name, value.into()));
            let payload = Value::Object(payload.collect());
            self.send_envelope("/slack/commands", payload, None).await
        } else {
            self.send("/slack/commands", FORM, form(&fields), &[]).await
        };
        self.show_command_answer(&id, &mut delivery);
        delivery
    }

    /// Shows the answer to a command, or Slack's error message.
    fn show_command_answer(&self, id: &str, delivery: &mut Delivery) {
        let now = self.inner.clock.now();
        let failed = match (&delivery.error, delivery.acknowledged()) {
            (Some(error), _) => Some(error.clone()),
            (None, false) => Some("dispatch_failed".to_owned()),
            (None, true) => None,
        };
        self.change(|state| {
            let workspace = &mut state.workspace;
            workspace.unanswered.remove(id);
            let Some(place) = workspace.response_urls.get(id).cloned() else {
                return;
            };
            let arguments = match serde_json::from_str(&delivery.body) {
                _ if failed.is_some() || delivery.body.is_empty() => None,
                Ok(Value::Object(fields)) => Some(fields),
                _ => json!({ "text": delivery.body }).as_object().cloned(),
            };
            let shown =
                arguments.map(|arguments| response_url::show(workspace, &place, &arguments, now));
            let failed = failed.or(match shown {
                Some(Ok(original)) => {
                    if let Some(place) = workspace.response_urls.get_mut(id) {
                        place.original = original;
                    }
                    None
                }
                Some(Err(refusal)) => Some(format!("invalid_command_response: {}", refusal.code)),
                None => None,
            });
            if let Some(error) = failed {
                let ts = workspace.next_ts(now);
                workspace.ephemerals.push(Ephemeral {
                    ts,
                    channel: place.channel,
                    user: place.user,
                    thread_ts: None,
                    text: words::command_failed(state.locale, COMMAND, &error),
                    blocks: Vec::new(),
                    from_slack: true,
                });
                delivery.error = Some(error);
            }
        });
    }

    /// Opens the app's Home tab.
    pub async fn open_home(&self, user: &str) -> Delivery {
        let event = {
            let workspace = &self.lock().workspace;
            let mut event = json!({
                "type": "app_home_opened",
                "user": user,
                "channel": format!("D0{user}"),
                "tab": "home",
                "event_ts": SystemClock.now().timestamp_micros().to_string(),
            });
            if let Some(home) = workspace.homes.get(user) {
                event["view"] = workspace.view_json(home);
            }
            event
        };
        self.event(event, None).await
    }

    /// Sends an event. `retry` is the number and reason of a retry, like `(1, "http_timeout")`. A
    /// retry has the `event_id` of the previous event.
    pub async fn event(&self, event: Value, retry: Option<(u8, &str)>) -> Delivery {
        let body = {
            let mut state = self.lock();
            let workspace = &mut state.workspace;
            if retry.is_none() {
                workspace.last_event = workspace.next_number();
            }
            let number = workspace.last_event;
            json!({
                "token": VERIFICATION_TOKEN,
                "team_id": workspace.team_id,
                "enterprise_id": workspace.enterprise_id,
                "api_app_id": workspace.app_id,
                "event": event,
                "type": "event_callback",
                "event_id": format!("Ev{number:08}"),
                "event_time": SystemClock.now().timestamp(),
                "authorizations": [{
                    "enterprise_id": workspace.enterprise_id,
                    "team_id": workspace.team_id,
                    "user_id": workspace.bot_user,
                    "is_bot": true,
                    "is_enterprise_install": workspace.is_enterprise_install,
                }],
                "is_ext_shared_channel": false,
            })
        };
        if self.socket_mode() {
            return self.send_envelope("/slack/events", body, retry).await;
        }
        let number = retry.map(|(number, _)| number.to_string());
        let headers: Vec<(&str, &str)> = match (&number, retry) {
            (Some(number), Some((_, reason))) => {
                vec![
                    ("X-Slack-Retry-Num", number),
                    ("X-Slack-Retry-Reason", reason),
                ]
            }
            _ => Vec::new(),
        };
        self.send(
            "/slack/events",
            "application/json",
            body.to_string(),
            &headers,
        )
        .await
    }

    /// Sends Slack's `url_verification` request for the events URL.
    pub async fn url_verification(&self, challenge: &str) -> Delivery {
        let body = json!({
            "token": VERIFICATION_TOKEN,
            "challenge": challenge,
            "type": "url_verification",
        });
        self.send("/slack/events", "application/json", body.to_string(), &[])
            .await
    }

    /// A person uses an element.
    ///
    /// # Errors
    ///
    /// A sentence for people, if the element doesn't exist or doesn't offer the choice.
    pub async fn act(&self, user: &str, place: &Place, press: &Press) -> Result<Delivery, String> {
        let (id, payload) = self.block_actions(user, place, press)?;
        let delivery = if self.socket_mode() {
            self.send_envelope("/slack/interactions", payload, None)
                .await
        } else {
            self.send_interaction(&payload).await
        };
        if let Some(id) = id {
            self.change(|state| state.workspace.unanswered.remove(&id));
        }
        Ok(delivery)
    }

    /// Sends an interaction over HTTP.
    pub(super) async fn send_interaction(&self, payload: &Value) -> Delivery {
        let body = form(&[("payload", &payload.to_string())]);
        self.send("/slack/interactions", FORM, body, &[]).await
    }

    pub(super) fn new_response_url(
        &self,
        kind: &str,
        user: &str,
        channel: &str,
        thread_ts: Option<String>,
        original: Option<Original>,
    ) -> (String, String) {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let place = ResponseUrl {
            channel: channel.to_owned(),
            user: user.to_owned(),
            thread_ts,
            original,
            uses: 0,
            created_at: self.inner.clock.now(),
        };
        let mut state = self.lock();
        state.workspace.unanswered.insert(id.clone());
        state.workspace.response_urls.insert(id.clone(), place);
        let url = format!("{}/{kind}/{id}", state.hooks_url());
        (id, url)
    }

    /// Sends a body to a path of the bot, signed with the workspace's secret and the machine's
    /// time. All requests over HTTP use it.
    pub async fn send(
        &self,
        path: &str,
        content_type: &str,
        body: String,
        headers: &[(&str, &str)],
    ) -> Delivery {
        let timestamp = SystemClock.now().timestamp();
        let address = format!("{}{path}", self.lock().bot_url);
        let mut request = self
            .inner
            .http
            .post(address)
            .timeout(PATIENCE)
            .header("Content-Type", content_type)
            .header("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
            .header("X-Slack-Request-Timestamp", timestamp.to_string())
            .header(
                "X-Slack-Signature",
                signature(SIGNING_SECRET, timestamp, &body),
            );
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = async {
            let response = request.body(body).send().await?;
            let status = response.status().as_u16();
            Ok::<_, reqwest::Error>((status, response.text().await?))
        };
        let (status, body, error) = match answer.await {
            Ok((status, body)) => (Some(status), body, None),
            Err(error) if error.is_timeout() => {
                (None, String::new(), Some("operation_timeout".to_owned()))
            }
            Err(_) => (None, String::new(), Some("dispatch_failed".to_owned())),
        };
        let delivery = Delivery {
            path: path.to_owned(),
            status,
            body,
            error,
        };
        self.change(|state| state.workspace.deliveries.push(delivery.clone()));
        delivery
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in Slack's documentation.
    #[test]
    fn the_signature_is_the_documented_one() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        assert_eq!(
            signature("8f742231b10e8888abcd99yyyzzz85a5", 1_531_420_618, body),
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        );
    }
}
