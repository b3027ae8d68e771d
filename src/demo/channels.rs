//! The channels of the demo: one, or three with conditions.

use std::sync::Arc;
use std::time::Duration;

use super::MockSlack;
use super::slack::CHANNEL;
use crate::app::channels::slack_channel;
use crate::domain::schedule::Schedule;
use crate::domain::scope::Audience;
use crate::settings::{ChannelConfig, ChannelTarget, Config, InvalidSettings, Needs, Settings};
use crate::slack::channel::DigestChannel;
use crate::slack::client::SlackApi;

/// The tables of three channels, as people write them.
const TABLES: &str = include_str!("channels.toml");

/// The names of the channels that only `demo --channels` has.
const NAMES: [(&str, &str); 2] = [("C0ONCALL", "prod-oncall"), ("C0TOKYO", "tokyo")];

/// The channels that get digests.
#[derive(Debug)]
pub(super) struct DemoChannels {
    pub(super) configs: Vec<ChannelConfig>,
    /// The configuration file; `None` for one channel without conditions.
    text: Option<String>,
}

impl DemoChannels {
    /// One channel that gets everything.
    pub(super) fn one(config: &Config) -> Self {
        let channel = ChannelConfig {
            id: CHANNEL.to_owned(),
            target: ChannelTarget::Slack,
            audience: Audience {
                schedule: Some(config.schedule.clone()),
                ..Audience::of_everything(config.zone)
            },
            locale: config.locale,
            schedule: config.schedule.clone(),
        };
        Self {
            configs: vec![channel],
            text: None,
        }
    }

    /// Three channels, from a configuration file.
    ///
    /// # Errors
    ///
    /// If the file is invalid.
    pub(super) fn three(config: &Config) -> Result<Self, InvalidSettings> {
        let (zone, locale) = (config.zone, config.locale);
        let text = format!("timezone = \"{zone}\"\nlocale = \"{locale}\"\n\n{TABLES}");
        let settings = Settings::from_toml(&text);
        let mut configs = settings.check(Needs::default())?.channels;
        // The mornings of the demo are those of the first channel.
        if let Some(first) = configs.first_mut() {
            first.schedule.clone_from(&config.schedule);
            first.audience.schedule = Some(config.schedule.clone());
        }
        Ok(Self {
            configs,
            text: Some(text),
        })
    }

    /// Adds the channels to the workspace.
    pub(super) fn open(&self, slack: &MockSlack) {
        for (id, name) in NAMES {
            if self.configs.iter().any(|channel| channel.id == id) {
                slack.add_channel(id, name);
            }
        }
    }

    /// The same as parts of the bot, each with the schedule of its digest.
    pub(super) fn connected(
        &self,
        config: &Config,
        api: &SlackApi,
        pace: Option<Duration>,
    ) -> Vec<(Arc<DigestChannel>, Schedule)> {
        let emails = config.emails.in_messages();
        let connected = self.configs.iter().map(|channel| {
            let connected = slack_channel(channel, api, emails);
            let connected = match pace {
                Some(pace) => connected.with_pace(pace),
                None => connected,
            };
            (Arc::new(connected), channel.schedule.clone())
        });
        connected.collect()
    }

    /// The settings of these channels for other commands.
    pub(super) fn setting(&self) -> (&'static str, String) {
        match &self.text {
            Some(text) => ("CONFIG_TOML", text.clone()),
            None => ("SLACK_CHANNEL", CHANNEL.to_owned()),
        }
    }
}
