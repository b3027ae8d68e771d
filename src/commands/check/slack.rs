//! Checks the tokens, scopes and channels of Slack, and Socket Mode.

use futures::StreamExt as _;
use securityhub_members::check::{self, Finding};
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::remedies;
use securityhub_members::slack::client::SlackApi;
use securityhub_members::slack::probe::SlackProbe;

use super::examined::Examined;
use super::service::ServiceFindings;

/// Slack's limit for this call is about 50 a minute.
const CHANNELS_AT_ONCE: usize = 4;

pub(super) async fn check_slack(settings: Examined<'_>) -> ServiceFindings {
    let config = settings.config;
    if let Some(name) = settings.first_invalid(&["SLACK_BOT_TOKEN", "SLACK_API_URL"]) {
        return ServiceFindings::of(vec![Finding::blocked("Slack", name)]);
    }
    let Some(token) = &config.bot_token else {
        return ServiceFindings::of(vec![Finding::blocked("Slack", "SLACK_BOT_TOKEN")]);
    };
    let Some(proxies) = &config.proxies else {
        return ServiceFindings::of(vec![Finding::blocked("Slack", "the proxy")]);
    };
    let probe = match SlackProbe::new(&config.slack_api, token, proxies) {
        Ok(probe) => probe,
        Err(error) => {
            let finding = Finding::wrong("Slack", error.to_string(), remedies::CERTIFICATES);
            return ServiceFindings::of(vec![finding]);
        }
    };
    let identity = async {
        let heard = probe.identity().await;
        let ahead = heard.date.map(|date| SystemClock.now() - date);
        (heard, ahead)
    };
    let channels = async {
        let probe = &probe;
        let heard = config.slack_channels().map(|channel| async move {
            let heard = probe.channel(&channel.id).await;
            (channel, heard)
        });
        let heard = futures::stream::iter(heard).buffered(CHANNELS_AT_ONCE);
        heard.collect::<Vec<_>>().await
    };
    let ((identity, ahead), channels) = tokio::join!(identity, channels);
    let scopes = identity.scopes.as_ref();
    let mut findings = Vec::from_iter(check::proxy(config));
    findings.extend([check::token(&identity), check::scopes(&identity)]);
    let several = channels.len() > 1;
    let found = channels.iter();
    findings.extend(found.map(|(channel, heard)| check::channel(channel, several, heard, scopes)));
    if config.channels.is_empty() {
        findings.push(Finding::blocked(check::CHANNEL, "SLACK_CHANNEL"));
    }
    ServiceFindings { findings, ahead }
}

/// `None` if the bot receives requests over HTTP.
pub(super) async fn check_socket_mode(settings: Examined<'_>) -> Option<Finding> {
    const TOPIC: &str = "Socket Mode";
    let config = settings.config;
    let token = config.app_token.as_ref()?;
    if let Some(name) = settings.first_invalid(&["SLACK_APP_TOKEN", "SLACK_API_URL"]) {
        return Some(Finding::blocked(TOPIC, name));
    }
    let Some(proxies) = &config.proxies else {
        return Some(Finding::blocked(TOPIC, "the proxy"));
    };
    Some(match SlackApi::new(&config.slack_api, token, proxies) {
        Ok(api) => check::socket_mode(&api.may_open_sockets(token).await),
        // The finding about the bot token reports the machine's faults already.
        Err(error) => Finding::note(TOPIC, format!("not checked: {error}")),
    })
}
