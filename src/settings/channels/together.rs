//! The rules for all channels together: no two share an ID or a name, and one takes everything.

use super::ChannelConfig;
use crate::domain::naming::name_key;
use crate::settings::file::FileTable;
use crate::settings::list::SLACK_CHANNEL;
use crate::settings::reader::SettingsReader;

/// The most channels that an error names.
const NAMED: usize = 5;

/// Two digests would share one ledger, and people couldn't tell two equal names apart.
pub(super) fn refuse_repeated(
    reader: &mut SettingsReader<'_>,
    channels: &[(&FileTable, ChannelConfig)],
) {
    let id = |channel: &ChannelConfig| Some(channel.id.clone());
    let name = |channel: &ChannelConfig| channel.audience.name.as_deref().map(name_key);
    for (index, (table, channel)) in channels.iter().enumerate() {
        let earlier = &channels[..index];
        let same = |of: &dyn Fn(&ChannelConfig) -> Option<String>| {
            let of_this = of(channel);
            let mut earlier = earlier.iter();
            let (table, _) = earlier.find(|(_, one)| of_this.is_some() && of(one) == of_this)?;
            Some(table.place.line)
        };
        let is_webhook = |channel: &ChannelConfig| channel.webhook().is_some();
        let same_name = same(&name);
        // Names of webhooks that differ only in punctuation have the same ID.
        let similar = same(&id).filter(|_| is_webhook(channel) && same_name.is_none());
        let repeated = [
            (
                "id",
                same(&id),
                "has this ID too: write the conditions of a channel in one table",
            ),
            ("name", same_name, "has this name too: choose another one"),
            (
                "name",
                similar,
                "has a name with the same letters and digits: choose another one",
            ),
        ];
        for (key, line, problem) in repeated {
            if let (Some(line), Some(value)) = (line, table.value(key)) {
                let problem = format!("the channel in line {line} {problem}");
                reader.wrong_at(&value.place, &SLACK_CHANNEL, problem);
            }
        }
    }
}

/// No change may reach no one.
pub(super) fn refuse_hole(
    reader: &mut SettingsReader<'_>,
    channels: &[(&FileTable, ChannelConfig)],
) {
    let takes_everything =
        |(_, channel): &(_, ChannelConfig)| channel.audience.scope.is_everything();
    // An invalid table may be the one.
    if reader.is_wrong(&SLACK_CHANNEL) || channels.iter().any(takes_everything) {
        return;
    }
    let Some((first, _)) = channels.first() else {
        return;
    };
    let named = |(_, channel): &(_, ChannelConfig)| {
        let conditions = channel.audience.scope.conditions();
        let keys: Vec<_> = conditions.into_iter().map(|(key, _)| key).collect();
        format!("{} ({})", channel.id, keys.join(", "))
    };
    let mut conditions: Vec<_> = channels.iter().take(NAMED).map(named).collect();
    let others = channels.len() - conditions.len();
    if others > 0 {
        conditions.push(format!("and {others} more"));
    }
    let problem = format!(
        "one channel must take everything, but each has conditions: {}. Add a [[channel]] with only id",
        conditions.join(", ")
    );
    reader.wrong_at(&first.place, &SLACK_CHANNEL, problem);
}
