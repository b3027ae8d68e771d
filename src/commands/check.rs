//! `check`: checks everything that the bot needs, concurrently, and says what to fix. It
//! posts and writes nothing.

mod accounts;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use chrono::TimeDelta;
use futures::StreamExt as _;
use futures::future::join_all;
use securityhub_members::aws::administrators::Administrators;
use securityhub_members::aws::calls::CountCalls;
use securityhub_members::aws::identity::identify;
use securityhub_members::aws::organizations::Organizations;
use securityhub_members::aws::pace::Pace;
use securityhub_members::aws::securityhub::SecurityHub;
use securityhub_members::aws::table::DynamoDb;
use securityhub_members::aws::table::inspect::inspect;
use securityhub_members::aws::{deadlines, default_region, retries, sdk_config};
use securityhub_members::check::{self, Checkup, Finding};
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::domain::administrator::{RegionChoice, SignIn};
use securityhub_members::domain::hub::{HubId, Region};
use securityhub_members::domain::member::AccountId;
use securityhub_members::names;
use securityhub_members::policies::aws::CHECK_CALLS;
use securityhub_members::remedies;
use securityhub_members::settings::{Config, InvalidSettings, ReadOrganization, WebhookConfig};
use securityhub_members::slack::client::SlackApi;
use securityhub_members::slack::probe::SlackProbe;
use securityhub_members::terminal;
use securityhub_members::watch::ports::{
    Administrator, HubFinder as _, LedgerStore as _, Regions, SchemaStore as _,
};
use securityhub_members::webhook::client::WebhookClient;

use self::accounts::Watched;
use super::print::{put, say, with_spinner};

const HUBS: &str = "Security Hub";

/// Slack's limit for this call is about 50 a minute.
const CHANNELS_AT_ONCE: usize = 4;

/// The time limit for each group of checks.
const DEADLINE: Duration = Duration::from_secs(25);

pub(super) async fn check(
    config: &Config,
    invalid: Option<&InvalidSettings>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let look = Look { config, invalid };
    let checkup = with_spinner("Checking …".to_owned(), look.all()).await;
    if json {
        say(terminal::json(&checkup)?);
    } else {
        put(&check::render(&checkup));
    }
    Ok(if checkup.well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The valid settings, and the invalid ones.
struct Look<'a> {
    config: &'a Config,
    invalid: Option<&'a InvalidSettings>,
}

impl Look<'_> {
    /// The first invalid one of these settings.
    fn bad<'n>(&self, settings: &[&'n str]) -> Option<&'n str> {
        let invalid = self.invalid?;
        settings.iter().copied().find(|name| invalid.names(name))
    }

    async fn all(&self) -> Checkup {
        let mut findings = check::settings(self.invalid);
        findings.extend(check::config_file(self.config));
        findings.extend(check::replaced_channels(self.config));
        findings.extend(check::deprecated(self.config));
        // Boxed: together, the SDKs' futures are too large for a debug build's stack.
        let (slack, webhooks, socket, aws) = tokio::join!(
            Box::pin(self.slack()),
            Box::pin(self.webhooks()),
            Box::pin(self.socket_mode()),
            Box::pin(self.aws())
        );
        findings.extend(slack.findings);
        findings.extend(webhooks);
        findings.extend(socket);
        findings.extend(check::secrets(self.config));
        if let Some(secrets) = &self.config.signing_secrets {
            findings.push(check::signing_secret(secrets));
        }
        findings.extend(aws.findings);
        if let Some(path) = &self.config.names_file {
            findings.push(check::names_file(&names::read(path).await));
        }
        findings.push(check::clock(&[("Slack", slack.ahead), ("AWS", aws.ahead)]));
        let now = SystemClock.now();
        findings.extend(check::schedules(self.config, self.invalid, now));
        Checkup::new(findings)
    }

    async fn slack(&self) -> ServiceFindings {
        if let Some(name) = self.bad(&["SLACK_BOT_TOKEN", "SLACK_API_URL"]) {
            return ServiceFindings::of(vec![Finding::blocked("Slack", name)]);
        }
        let Some(token) = &self.config.bot_token else {
            return ServiceFindings::of(vec![Finding::blocked("Slack", "SLACK_BOT_TOKEN")]);
        };
        let api = &self.config.slack_api;
        let Some(proxies) = &self.config.proxies else {
            return ServiceFindings::of(vec![Finding::blocked("Slack", "the proxy")]);
        };
        let probe = match SlackProbe::new(api, token, proxies) {
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
            let heard = self.config.slack_channels().map(|channel| async move {
                let heard = probe.channel(&channel.id).await;
                (channel, heard)
            });
            let heard = futures::stream::iter(heard).buffered(CHANNELS_AT_ONCE);
            heard.collect::<Vec<_>>().await
        };
        let ((identity, ahead), channels) = tokio::join!(identity, channels);
        let scopes = identity.scopes.as_ref();
        let mut findings = Vec::from_iter(check::proxy(self.config));
        findings.extend([check::token(&identity), check::scopes(&identity)]);
        let several = channels.len() > 1;
        let found = channels.iter();
        findings
            .extend(found.map(|(channel, heard)| check::channel(channel, several, heard, scopes)));
        if self.config.channels.is_empty() {
            findings.push(Finding::blocked(check::CHANNEL, "SLACK_CHANNEL"));
        }
        ServiceFindings { findings, ahead }
    }

    /// Connects to the host of each webhook, and sends nothing.
    async fn webhooks(&self) -> Vec<Finding> {
        let webhooks = self.config.channels.iter();
        let webhooks = webhooks.filter_map(|one| Some((&one.id, one.webhook.as_ref()?)));
        let look = async |(id, webhook): (&String, &WebhookConfig)| {
            let Some(proxies) = &self.config.proxies else {
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

    /// `None` if the bot receives requests over HTTP.
    async fn socket_mode(&self) -> Option<Finding> {
        const TOPIC: &str = "Socket Mode";
        let token = self.config.app_token.as_ref()?;
        if let Some(name) = self.bad(&["SLACK_APP_TOKEN", "SLACK_API_URL"]) {
            return Some(Finding::blocked(TOPIC, name));
        }
        let Some(proxies) = &self.config.proxies else {
            return Some(Finding::blocked(TOPIC, "the proxy"));
        };
        Some(
            match SlackApi::new(&self.config.slack_api, token, proxies) {
                Ok(api) => check::socket_mode(&api.may_open_sockets(token).await),
                // The finding about the bot token reports the machine's faults already.
                Err(error) => Finding::note(TOPIC, format!("not checked: {error}")),
            },
        )
    }

    async fn aws(&self) -> ServiceFindings {
        if self.config.proxies.is_none() {
            return ServiceFindings::of(vec![Finding::blocked("AWS", "the proxy")]);
        }
        let loaded = in_time(sdk_config(self.config.first_region())).await;
        let sdk = match loaded {
            Some(Ok(sdk)) => impatient(sdk),
            Some(Err(error)) => {
                let finding = Finding::wrong("AWS", error.to_string(), remedies::AWS_SETTINGS);
                return ServiceFindings::of(vec![finding]);
            }
            None => return ServiceFindings::of(vec![unanswered("AWS settings")]),
        };
        let (identity, hubs, organization, table) = tokio::join!(
            Box::pin(self.identity(&sdk)),
            Box::pin(self.hubs(&sdk)),
            Box::pin(self.organization(&sdk)),
            in_time(self.table(&sdk))
        );
        let table = table.unwrap_or_else(|| TableFindings::of(vec![unanswered("Table")]));
        let conditions = self.conditions(table.store.as_ref(), hubs.watched.as_ref());
        let conditions = conditions.await;
        let mut seen = identity;
        seen.findings.extend(hubs.findings);
        seen.findings.extend(organization);
        seen.findings.extend(table.findings);
        seen.findings.extend(conditions);
        seen
    }

    /// Compares the conditions of the channels with the stored members.
    async fn conditions(
        &self,
        store: Option<&DynamoDb>,
        watched: Option<&Watched>,
    ) -> Vec<Finding> {
        let channels = &self.config.channels;
        let known = match (store, watched) {
            (None, _) => Err("the table was not read"),
            (_, None) => Err("the administrators are unknown"),
            (Some(store), Some(watched)) => {
                let names = self.config.names_file.as_deref();
                let known = in_time(accounts::known(store, watched, names)).await;
                known.and_then(Result::ok).ok_or("the table was not read")
            }
        };
        check::conditions(channels, known.as_ref().map_err(|problem| *problem))
    }

    /// A Region for requests, or the reason why there is none.
    fn region(&self, sdk: &SdkConfig) -> Result<Region, Finding> {
        if let Some(name) = self.bad(&["REGIONS", "ADMINISTRATORS"]) {
            return Err(Finding::blocked(HUBS, name));
        }
        if let Some(region) = self.config.first_region() {
            return Ok(region.clone());
        }
        default_region(sdk)
            .map_err(|_| Finding::wrong(HUBS, "no Region is set", remedies::NO_REGION))
    }

    async fn identity(&self, sdk: &SdkConfig) -> ServiceFindings {
        const TOPIC: &str = "AWS identity";
        let Ok(region) = self.region(sdk) else {
            return ServiceFindings::of(vec![Finding::blocked(TOPIC, "REGIONS")]);
        };
        match in_time(identify(sdk, &region)).await {
            Some(identified) => ServiceFindings {
                findings: vec![check::identity(&identified)],
                ahead: identified.date.map(|date| SystemClock.now() - date),
            },
            None => ServiceFindings::of(vec![unanswered(TOPIC)]),
        }
    }

    async fn hubs(&self, sdk: &SdkConfig) -> HubFindings {
        let region = match self.region(sdk) {
            Ok(region) => region,
            Err(finding) => return HubFindings::of(vec![finding]),
        };
        let (calls, asked) = (CountCalls::default(), region.clone());
        let administrators = Administrators::new(sdk, &calls, &self.config.administrators);
        let (administrators, is_known) = match in_time(administrators).await {
            Some(Ok(administrators)) => (administrators, true),
            // An unknown owner of the credentials is a finding of its own. The member
            // lists can be checked without it.
            Some(Err(error)) => match self.own(sdk, &calls, region) {
                Some(own) => (own, false),
                None => {
                    let finding = Finding::note(HUBS, format!("not checked: {error:#}"));
                    return HubFindings::of(vec![finding]);
                }
            },
            None => return HubFindings::of(vec![unanswered(HUBS)]),
        };
        let source = SecurityHub::new(administrators.credentials(), calls, Pace::SECURITY_HUB);
        let Some(found) = in_time(administrators.administrators()).await else {
            return HubFindings::of(vec![unanswered(HUBS)]);
        };
        let several = found.len() > 1;
        let of_one = |admin: &Administrator| {
            let (source, admin, asked) = (&source, admin.clone(), &asked);
            async move { of_one(source, &admin, several, asked).await }
        };
        HubFindings {
            findings: join_all(found.iter().map(of_one)).await.concat(),
            watched: is_known.then(|| Watched::new(&found)),
        }
    }

    /// `None` if the setting turns it off.
    async fn organization(&self, sdk: &SdkConfig) -> Option<Finding> {
        const TOPIC: &str = "Organization";
        if let Some(name) = self.bad(&["ORGANIZATION"]) {
            return Some(Finding::blocked(TOPIC, name));
        }
        let asked = &self.config.organization;
        let role = match asked {
            ReadOrganization::Off => return None,
            ReadOrganization::Auto | ReadOrganization::On => None,
            ReadOrganization::Role(role) => Some(role.as_str()),
        };
        let probe = async {
            let calls = CountCalls::default();
            Organizations::new(sdk, &calls, role).await.probe().await
        };
        Some(match in_time(probe).await {
            Some(read) => check::organization(asked, &read),
            None => unanswered(TOPIC),
        })
    }

    /// The account of these credentials, if it is the only administrator.
    fn own(&self, sdk: &SdkConfig, calls: &CountCalls, region: Region) -> Option<Administrators> {
        let [only] = &self.config.administrators[..] else {
            return None;
        };
        (only.sign_in == SignIn::Own).then_some(())?;
        let regions = match &only.regions {
            RegionChoice::Sdk => RegionChoice::Named(vec![region]),
            given => given.clone(),
        };
        let nobody = AccountId::from_u64(0)?;
        let (sdk, calls) = (sdk.clone(), calls.clone());
        Some(Administrators::own(nobody, sdk, calls, regions))
    }

    async fn table(&self, sdk: &SdkConfig) -> TableFindings {
        if let Some(name) = self.bad(&["TABLE_NAME"]) {
            return TableFindings::of(vec![Finding::blocked("Table", name)]);
        }
        #[cfg(feature = "embedded-store")]
        if let Some(path) = &self.config.embedded_store {
            return self.file(path).await;
        }
        let client = Client::new(sdk);
        let store = self.store(client.clone());
        let (found, newer) = tokio::join!(
            inspect(&client, &self.config.table),
            self.newer_schema(&store)
        );
        let mut findings = check::table(&self.config.table, &found);
        findings.extend(newer);
        TableFindings {
            store: Some(store),
            ..TableFindings::of(findings)
        }
    }

    fn store(&self, client: Client) -> DynamoDb {
        let clock = Arc::new(SystemClock);
        let (name, retention) = (self.config.table.clone(), self.config.retention);
        DynamoDb::new(client, name, retention, clock)
    }

    /// Finds a table with a newer schema, on which no command starts.
    async fn newer_schema(&self, store: &DynamoDb) -> Option<Finding> {
        let read = async {
            store.probe().await?;
            for channel in &self.config.channels {
                store.ledger(&channel.id).await?;
            }
            Ok(())
        };
        read.await.err().as_ref().and_then(check::schema)
    }

    /// Checks the file without creating it.
    #[cfg(feature = "embedded-store")]
    async fn file(&self, path: &std::path::Path) -> TableFindings {
        use securityhub_members::aws::embedded::{Embedded, InUse};
        let shown = path.display();
        if !path.exists() {
            let detail = format!("{shown} does not exist yet: the first start creates it");
            return TableFindings::of(vec![Finding::note("Table", detail)]);
        }
        match Embedded::start(Some(path), &self.config.table).await {
            Ok(embedded) => {
                let found = inspect(&embedded.client(), &self.config.table).await;
                let mut findings = check::file(&self.config.table, &shown.to_string(), &found);
                let store = self.store(embedded.client());
                findings.extend(self.newer_schema(&store).await);
                TableFindings {
                    findings,
                    store: Some(store),
                    _embedded: Some(embedded),
                }
            }
            // Normal while the bot runs.
            Err(error) if error.is::<InUse>() => {
                let detail = format!("not checked: a running bot uses {shown}");
                TableFindings::of(vec![Finding::note("Table", detail)])
            }
            Err(error) => {
                let error = format!("{error:#}");
                TableFindings::of(vec![Finding::wrong(
                    "Table",
                    error,
                    remedies::EMBEDDED_STORE,
                )])
            }
        }
    }
}

/// Reads the first page of each list of one administrator. The request for its Regions goes
/// to the Region `asked`.
async fn of_one(
    source: &SecurityHub,
    admin: &Administrator,
    several: bool,
    asked: &Region,
) -> Vec<Finding> {
    let (regions, named) = match &admin.regions {
        Regions::Named(named) => (named.clone(), true),
        Regions::Found { enabled, but } => match enabled {
            Ok(enabled) => (enabled.difference(but).cloned().collect(), false),
            Err(error) => return vec![check::regions(error, asked)],
        },
    };
    let probe = |region: &Region| {
        let hub = HubId {
            admin: admin.account,
            region: region.clone(),
        };
        async move {
            let name = match several {
                true => hub.to_string(),
                false => hub.region.to_string(),
            };
            match in_time(source.probe(&hub)).await {
                Some(listed) => check::hub(&hub.region, &name, &listed, named),
                None => unanswered(&format!("{HUBS} {name}")),
            }
        }
    };
    join_all(regions.iter().map(probe)).await
}

/// The findings about a service, and how far our clock is ahead of its clock.
struct ServiceFindings {
    findings: Vec<Finding>,
    ahead: Option<TimeDelta>,
}

impl ServiceFindings {
    fn of(findings: Vec<Finding>) -> Self {
        Self {
            findings,
            ahead: None,
        }
    }
}

/// The findings about member lists, and the monitored ones if they are known.
struct HubFindings {
    findings: Vec<Finding>,
    watched: Option<Watched>,
}

impl HubFindings {
    fn of(findings: Vec<Finding>) -> Self {
        Self {
            findings,
            watched: None,
        }
    }
}

/// The findings about the table, and the table for more questions.
struct TableFindings {
    findings: Vec<Finding>,
    store: Option<DynamoDb>,
    #[cfg(feature = "embedded-store")]
    _embedded: Option<securityhub_members::aws::embedded::Embedded>,
}

impl TableFindings {
    fn of(findings: Vec<Finding>) -> Self {
        Self {
            findings,
            store: None,
            #[cfg(feature = "embedded-store")]
            _embedded: None,
        }
    }
}

async fn in_time<T>(look: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(DEADLINE, Box::pin(look)).await.ok()
}

fn unanswered(topic: &str) -> Finding {
    Finding::unanswered(topic, DEADLINE.as_secs())
}

/// Few attempts and short deadlines, because retries would hide a fault that `check` should
/// report.
fn impatient(sdk: SdkConfig) -> SdkConfig {
    sdk.into_builder()
        .retry_config(retries(CHECK_CALLS))
        .timeout_config(deadlines(CHECK_CALLS))
        .build()
}
