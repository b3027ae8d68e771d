//! Checks the bot token, its scopes, and its access to the digest's channel.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Finding;
use crate::connector::ConnectError;
use crate::remedies;
use crate::settings::{ChannelConfig, Config};
use crate::slack::client::{CallError, Identity};
use crate::slack::probe::Heard;
use crate::slack::route::ProxyRoute;

/// The scopes of manifest.yml, and their purpose.
const NEEDED: [(&str, &str); 2] = [
    ("commands", "the slash command"),
    ("chat:write", "the digest"),
];
/// One of them, for a public or a private channel.
const HISTORY: [&str; 2] = ["channels:history", "groups:history"];

/// The topic of the findings about channels.
pub const CHANNEL: &str = "Slack channel";

/// The proxy that Slack is called through, if there is one.
pub fn proxy(config: &Config) -> Option<Finding> {
    let proxies = config.proxies.as_ref()?;
    let route = ProxyRoute::of(&config.slack_api, proxies, config.app_token.is_some())?;
    let mut detail = format!("Slack is called through the proxy {}", route.proxy);
    if !route.direct.is_empty() {
        let _ = write!(detail, ", except for {}", route.direct.join(", "));
    }
    Some(Finding::well("Proxy", detail))
}

/// The owner of the token.
pub fn token(heard: &Heard<Identity>) -> Finding {
    const TOPIC: &str = "Slack token";
    match &heard.answer {
        Ok(identity) => {
            let (user, team) = (&identity.user, &identity.team);
            let detail = format!("belongs to {user} in {team} ({})", identity.team_id);
            Finding::well(TOPIC, detail)
        }
        Err(error) => failed(TOPIC, error),
    }
}

/// The scopes of the token.
pub fn scopes(heard: &Heard<Identity>) -> Finding {
    const TOPIC: &str = "Slack scopes";
    let Some(scopes) = &heard.scopes else {
        return Finding::note(TOPIC, "not checked: Slack's answer did not list them");
    };
    let missing = NEEDED.iter().filter(|(scope, _)| !scopes.contains(*scope));
    let missing: Vec<_> = missing
        .map(|(scope, purpose)| format!("{scope} ({purpose})"))
        .collect();
    if !missing.is_empty() {
        return Finding::wrong(
            TOPIC,
            format!("missing: {}", missing.join(", ")),
            remedies::SCOPE,
        );
    }
    if !HISTORY.iter().any(|scope| scopes.contains(*scope)) {
        let detail = "channels:history or groups:history is missing: if Slack's answer is lost, the \
                      bot cannot look for the digest and posts it again";
        return Finding::note(TOPIC, detail).advising(remedies::SCOPE);
    }
    let all: Vec<_> = scopes.iter().map(String::as_str).collect();
    Finding::well(TOPIC, all.join(", "))
}

/// Reports whether the bot is in a channel. `scopes` are those of the token. Only if there are
/// `several` channels, the topic has the ID.
pub fn channel(
    channel: &ChannelConfig,
    several: bool,
    heard: &Heard<()>,
    scopes: Option<&BTreeSet<String>>,
) -> Finding {
    let topic = match several {
        true => format!("{CHANNEL} {}", channel.id),
        false => CHANNEL.to_owned(),
    };
    let called = called(channel);
    let may = |scope: &str| scopes.is_some_and(|scopes| scopes.contains(scope));
    let error = match &heard.answer {
        Ok(()) if may("chat:write") => {
            let detail = format!("the bot is in {called} and has the scopes to post and read");
            return Finding::well(topic, detail);
        }
        Ok(()) => return Finding::well(topic, format!("the bot is in {called} and can read it")),
        Err(error) => error,
    };
    match error {
        CallError::Refused { code, .. } if code == "missing_scope" => {
            let scope = heard.needed.as_deref().unwrap_or("channels:history");
            let detail = format!("not checked: looking into {called} needs the scope {scope}");
            Finding::note(topic, detail).advising(remedies::SCOPE)
        }
        CallError::Refused { code, .. } if code == "not_in_channel" && may("chat:write.public") => {
            let detail =
                format!("the bot can post to {called}, but not read it: it is not a member");
            Finding::note(topic, detail).advising(remedies::slack(code))
        }
        // Slack removes bots from a channel that is archived, and gives this reason.
        CallError::Refused { code, .. } if code == "not_in_channel" => {
            let remedy = format!(
                "{}. If it is archived, unarchive it first",
                remedies::slack(code)
            );
            Finding::wrong(topic, format!("{called}: {code}"), remedy)
        }
        CallError::Refused { code, .. } => {
            Finding::wrong(topic, format!("{called}: {code}"), remedies::slack(code))
        }
        other => failed(&topic, other),
    }
}

/// The ID, with the name if there is one.
pub(super) fn called(channel: &ChannelConfig) -> String {
    match &channel.audience.name {
        Some(name) => format!("{} ({name})", channel.id),
        None => channel.id.clone(),
    }
}

/// Reports whether Slack lets the bot connect in Socket Mode.
pub fn socket_mode(answer: &Result<(), CallError>) -> Finding {
    const TOPIC: &str = "Socket Mode";
    match answer {
        Ok(()) => Finding::well(TOPIC, "Slack lets the bot connect"),
        Err(CallError::Refused { code, .. }) => {
            Finding::wrong(TOPIC, code.clone(), remedies::socket_mode(code))
        }
        Err(error) => failed(TOPIC, error),
    }
}

fn failed(topic: &str, error: &CallError) -> Finding {
    let remedy = match error {
        CallError::Refused { code, .. } => remedies::slack(code).to_owned(),
        CallError::RateLimited { .. } => return Finding::note(topic, error.to_string()),
        CallError::NotSent {
            cause: Some(ConnectError::Proxy(_)),
            ..
        } => remedies::PROXY.to_owned(),
        CallError::NotSent {
            cause: Some(ConnectError::Certificate(_)),
            ..
        } => remedies::UNTRUSTED.to_owned(),
        CallError::NotSent { .. } | CallError::Unknown { .. } | CallError::Endless { .. } => {
            remedies::unreachable("SLACK_API_URL")
        }
    };
    Finding::wrong(topic, error.to_string(), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;
    use crate::domain::schedule::Schedule;
    use crate::domain::scope::Audience;
    use crate::settings::ChannelTarget;
    use crate::text::Locale;

    fn heard<T>(answer: Result<T, &str>, scopes: &[&str]) -> Heard<T> {
        Heard {
            answer: answer.map_err(|code| CallError::Refused {
                method: "a.method",
                code: code.to_owned(),
            }),
            scopes: Some(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            needed: Some("groups:history".to_owned()),
            date: None,
        }
    }

    #[test]
    fn scopes_that_the_bot_cannot_do_without_are_named() {
        for (given, verdict, said) in [
            (
                &["commands", "chat:write", "groups:history"][..],
                Verdict::Well,
                "groups:history",
            ),
            (&["commands", "chat:write"], Verdict::Note, "posts it again"),
            (
                &["channels:history"],
                Verdict::Wrong,
                "missing: commands (the slash command), chat:write (the digest)",
            ),
        ] {
            let found = scopes(&heard(Err("any"), given));
            assert_eq!(found.verdict, verdict, "{found:?}");
            assert!(found.detail.contains(said), "{found:?}");
        }
    }

    #[test]
    fn an_invisible_channel_is_distinguished_from_an_unchecked_one() {
        let zone = chrono_tz::UTC;
        let payments = ChannelConfig {
            id: "C1".to_owned(),
            target: ChannelTarget::Slack,
            audience: Audience {
                name: Some("Payments".to_owned()),
                ..Audience::of_everything(zone)
            },
            locale: Locale::En,
            schedule: Schedule::parse("0 9 * * *", zone).unwrap(),
        };
        for (answer, scopes, verdict, said) in [
            (Ok(()), &[][..], Verdict::Well, "is in C1"),
            (Err("not_in_channel"), &[], Verdict::Wrong, "/invite"),
            (
                Ok(()),
                &["chat:write"],
                Verdict::Well,
                "is in C1 (Payments) and has the scopes to post and read",
            ),
            (
                Err("not_in_channel"),
                &[],
                Verdict::Wrong,
                "unarchive it first",
            ),
            (
                Err("not_in_channel"),
                &["chat:write.public"],
                Verdict::Note,
                "can post to C1",
            ),
            (
                Err("channel_not_found"),
                &[],
                Verdict::Wrong,
                "SLACK_CHANNEL",
            ),
            (Err("missing_scope"), &[], Verdict::Note, "groups:history"),
        ] {
            let heard = heard(answer, scopes);
            for (several, topic) in [(false, "Slack channel"), (true, "Slack channel C1")] {
                let found = channel(&payments, several, &heard, heard.scopes.as_ref());
                assert_eq!(found.verdict, verdict, "{found:?}");
                assert!(format!("{found:?}").contains(said), "{found:?}");
                assert_eq!(found.topic, topic);
            }
        }
    }
}
