//! Connects to the host of each webhook, and sends nothing.

use futures::future::join_all;
use securityhub_members::check::{self, Finding};
use securityhub_members::remedies;
use securityhub_members::settings::WebhookConfig;
use securityhub_members::webhook::client::WebhookClient;

use super::examined::Examined;

pub(super) async fn check_webhooks(settings: Examined<'_>) -> Vec<Finding> {
    let config = settings.config;
    let webhooks = config.channels.iter();
    let webhooks = webhooks.filter_map(|one| Some((&one.id, one.webhook()?)));
    let look = async |(id, webhook): (&String, &WebhookConfig)| {
        let Some(proxies) = &config.proxies else {
            return Finding::blocked(id, "the proxy");
        };
        let client = match WebhookClient::new(proxies) {
            Ok(client) => client,
            Err(error) => {
                return Finding::wrong(id, error.to_string(), remedies::CERTIFICATES);
            }
        };
        check::webhook(id, &webhook.url, &client.reach(&webhook.url).await)
    };
    join_all(webhooks.map(look)).await
}
