//! The use cases on the real services, and the parts that several commands need.

use std::sync::Arc;

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use chrono::TimeDelta;
use securityhub_members::app::channels::slack_channel;
use securityhub_members::aws::administrators::Administrators;
use securityhub_members::aws::calls::CountCalls;
#[cfg(feature = "embedded-store")]
use securityhub_members::aws::embedded::Embedded;
use securityhub_members::aws::organizations::Organizations;
use securityhub_members::aws::pace::Pace;
use securityhub_members::aws::sdk_config;
use securityhub_members::aws::securityhub::SecurityHub;
use securityhub_members::aws::table::{self, DynamoDb};
use securityhub_members::clock::{Clock, SystemClock};
use securityhub_members::domain::hub::HubId;
use securityhub_members::domain::schedule::Schedule;
use securityhub_members::metrics::Metrics;
use securityhub_members::names::NamesFile;
use securityhub_members::proxy::ProxySettings;
use securityhub_members::remedies;
use securityhub_members::secrets::Secret;
use securityhub_members::settings::{
    ChannelConfig, ChannelTarget, Config, ReadOrganization, WebhookConfig,
};
use securityhub_members::slack::channel::DigestChannel;
use securityhub_members::slack::client::SlackApi;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::ports::{
    Channel, NameSource, OrganizationSource, Store, StoreError,
};
use securityhub_members::watch::{
    CaseSettings, DeliverySettings, FindError, OrganizationUse, Parts, Watch,
};
use securityhub_members::webhook::client::WebhookClient;
use securityhub_members::webhook::{WebhookChannel, WebhookTarget};
use tokio_util::sync::CancellationToken;

/// The use cases on the real services.
pub(super) struct Connected {
    pub(super) watch: Arc<Watch>,
    pub(super) store: Arc<dyn Store>,
    /// Counts the polls and the calls to AWS.
    pub(super) metrics: Metrics,
    /// The administrators whose Regions could not be listed.
    pub(super) unlisted: Vec<FindError>,
    _embedded: Option<Embedded>,
}

/// `stop` cancels everything that the use cases wait for.
pub(super) async fn connect(
    config: &Config,
    stop: &CancellationToken,
) -> anyhow::Result<Connected> {
    let sdk = sdk_config(config.first_region()).await?;
    let metrics = Metrics::default();
    let calls = CountCalls::new(metrics.clone());
    let administrators = Administrators::new(&sdk, &calls, &config.administrators).await?;
    let credentials = administrators.credentials();
    let organizations = calls.clone();
    let source = SecurityHub::new(credentials, calls.clone(), Pace::SECURITY_HUB);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (client, embedded) = open_table(config, &sdk).await?;
    let store: Arc<dyn Store> = Arc::new(DynamoDb::new(
        table::counted(&client, calls),
        config.table.clone(),
        config.retention,
        Arc::clone(&clock),
    ));
    store.probe().await.map_err(advised)?;
    let stale_after = TimeDelta::from_std(config.stale_after).unwrap_or(TimeDelta::MAX);
    let source = Arc::new(source);
    let watch = Watch::new(Parts {
        finder: Some(Arc::new(administrators)),
        organization: organization(config, &sdk, &organizations).await,
        names: names(config).await?,
        meter: Arc::new(metrics.clone()),
        delivery: DeliverySettings {
            stale_after,
            stop: stop.clone(),
            ..DeliverySettings::default()
        },
        cases: CaseSettings {
            channels: config.channels.iter().map(|one| one.id.clone()).collect(),
            longest: config.ack_max,
            pending_after: TimeDelta::from_std(config.pending_after).unwrap_or(TimeDelta::MAX),
            urgent: config.urgent_units.clone(),
        },
        ..Parts::new(source, Arc::clone(&store), clock, config.zone, Vec::new())
    });
    let mut unlisted = Vec::new();
    for (_, outcome) in watch.find_hubs().await {
        unlisted.extend(outcome.err());
    }
    refuse_newer(config, store.as_ref(), &watch.hubs.list()).await?;
    Ok(Connected {
        watch: Arc::new(watch),
        unlisted,
        store,
        metrics,
        _embedded: embedded,
    })
}

/// Refuses to start on a table that a newer release has written to. Otherwise the process
/// would run without answering anything, and a rollback would count as a success. Other
/// errors stop only the work that needs the item.
async fn refuse_newer(config: &Config, store: &dyn Store, hubs: &[HubId]) -> anyhow::Result<()> {
    let hubs: Vec<_> = hubs.iter().collect();
    let heads = async { store.heads(&hubs).await.map(drop) };
    let ledger = async {
        for channel in &config.channels {
            store.ledger(&channel.id).await?;
        }
        Ok(())
    };
    for read in <[_; 3]>::from(tokio::join!(heads, ledger, store.sign())) {
        match read {
            Ok(()) => {}
            Err(error @ StoreError::Schema { .. }) => return Err(error.into()),
            Err(error) => tracing::debug!(%error, "failed to check the table's schema completely"),
        }
    }
    Ok(())
}

/// Adds the remedy to an error of the store, unless the error names it itself.
pub(super) fn advised(error: StoreError) -> anyhow::Error {
    let advice = match &error {
        StoreError::NoTable { .. } | StoreError::Schema { .. } => return error.into(),
        StoreError::Damaged { .. } => {
            format!("another program changed the table: {}", remedies::DAMAGED)
        }
        StoreError::Key { .. } => remedies::KMS_KEY.to_owned(),
        StoreError::Service { .. } => format!("failed to use DynamoDB: {}", remedies::DYNAMODB),
    };
    anyhow::Error::from(error).context(advice)
}

/// The source of the organization, if the setting allows it.
async fn organization(
    config: &Config,
    sdk: &SdkConfig,
    calls: &CountCalls,
) -> Option<(Arc<dyn OrganizationSource>, OrganizationUse)> {
    let (asked, role) = match &config.organization {
        ReadOrganization::Off => return None,
        ReadOrganization::Auto => (OrganizationUse::Optional, None),
        ReadOrganization::On => (OrganizationUse::Required, None),
        ReadOrganization::Role(role) => (OrganizationUse::Required, Some(role.as_str())),
    };
    let organizations = Organizations::new(sdk, calls, role).await;
    Some((Arc::new(organizations), asked))
}

/// The file of names, if there is one.
async fn names(config: &Config) -> anyhow::Result<Option<Arc<dyn NameSource>>> {
    let Some(path) = &config.names_file else {
        return Ok(None);
    };
    let names = NamesFile::open(path.clone()).await;
    let names = names.with_context(|| format!("failed to read NAMES_FILE={}", path.display()))?;
    Ok(Some(Arc::new(names)))
}

/// The embedded store if one is set, otherwise DynamoDB.
#[cfg(feature = "embedded-store")]
async fn open_table(
    config: &Config,
    sdk: &SdkConfig,
) -> anyhow::Result<(Client, Option<Embedded>)> {
    let Some(path) = &config.embedded_store else {
        return Ok((Client::new(sdk), None));
    };
    let embedded = Embedded::start(Some(path), &config.table).await?;
    Ok((embedded.client(), Some(embedded)))
}

#[cfg(not(feature = "embedded-store"))]
async fn open_table(_: &Config, sdk: &SdkConfig) -> anyhow::Result<(Client, Option<Embedded>)> {
    Ok((Client::new(sdk), None))
}

/// This build has no embedded store.
#[cfg(not(feature = "embedded-store"))]
enum Embedded {}

pub(super) fn voice(config: &Config) -> Voice {
    Voice::new(config.locale, config.zone).showing(config.emails.at_home())
}

fn token(config: &Config) -> anyhow::Result<&Secret> {
    config
        .bot_token
        .as_ref()
        .context("SLACK_BOT_TOKEN is not set")
}

/// A client of Slack.
pub(super) fn slack(config: &Config) -> anyhow::Result<SlackApi> {
    SlackApi::new(&config.slack_api, token(config)?, proxies(config)?)
}

fn proxies(config: &Config) -> anyhow::Result<&ProxySettings> {
    let proxies = config.proxies.as_ref();
    proxies.context("the proxy of the environment can't be used")
}

/// The channels of Slack, each with the schedule of its digest.
pub(super) fn channels(config: &Config, api: &SlackApi) -> Vec<(Arc<DigestChannel>, Schedule)> {
    let channels = config.slack_channels();
    let channels = channels.map(|one| (of_slack(config, one, api), one.schedule.clone()));
    channels.collect()
}

/// The webhooks, each with the schedule of its digest.
pub(super) fn webhooks(config: &Config) -> anyhow::Result<Vec<(Arc<dyn Channel>, Schedule)>> {
    let channels = config.channels.iter();
    let webhooks = channels.filter_map(|one| Some((one, one.webhook()?)));
    let webhooks = webhooks.map(|(one, webhook)| {
        let channel: Arc<dyn Channel> = webhook_channel(config, one, webhook)?;
        Ok((channel, one.schedule.clone()))
    });
    webhooks.collect()
}

/// A channel of any kind.
pub(super) fn any_channel(
    config: &Config,
    channel: &ChannelConfig,
    api: &SlackApi,
) -> anyhow::Result<Arc<dyn Channel>> {
    Ok(match &channel.target {
        ChannelTarget::Slack => of_slack(config, channel, api),
        ChannelTarget::Webhook(webhook) => webhook_channel(config, channel, webhook)?,
    })
}

fn webhook_channel(
    config: &Config,
    channel: &ChannelConfig,
    webhook: &WebhookConfig,
) -> anyhow::Result<Arc<WebhookChannel>> {
    let target = WebhookTarget {
        id: channel.id.clone(),
        name: channel.audience.name.clone().unwrap_or_default(),
        url: webhook.url.clone(),
        secret: webhook.secret.clone(),
    };
    let client = WebhookClient::new(proxies(config)?)?;
    let (audience, emails) = (channel.audience.clone(), config.emails.in_messages());
    // Signatures use real time.
    let clock = Arc::new(SystemClock);
    let channel = WebhookChannel::new(target, audience, emails, client, clock);
    Ok(Arc::new(channel))
}

fn of_slack(config: &Config, channel: &ChannelConfig, api: &SlackApi) -> Arc<DigestChannel> {
    Arc::new(slack_channel(channel, api, config.emails.in_messages()))
}

/// The language and time zone of a channel's digests in a terminal.
pub(super) fn channel_voice(config: &Config, channel: &ChannelConfig) -> Voice {
    Voice::new(channel.locale, channel.audience.zone).showing(config.emails.at_home())
}
