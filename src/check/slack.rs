//! Checks the bot token, its scopes, and its access to the digest's channel.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Finding;
use crate::remedies;
use crate::settings::Config;
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

/// Reports whether the bot is in the channel. `scopes` are those of the token.
pub fn channel(id: &str, heard: &Heard<()>, scopes: Option<&BTreeSet<String>>) -> Finding {
    const TOPIC: &str = "Slack channel";
    let error = match &heard.answer {
        Ok(()) => return Finding::well(TOPIC, format!("the bot is in {id} and can read it")),
        Err(error) => error,
    };
    let may = |scope: &str| scopes.is_some_and(|scopes| scopes.contains(scope));
    match error {
        CallError::Refused { code, .. } if code == "missing_scope" => {
            let scope = heard.needed.as_deref().unwrap_or("channels:history");
            let detail = format!("not checked: looking into {id} needs the scope {scope}");
            Finding::note(TOPIC, detail).advising(remedies::SCOPE)
        }
        CallError::Refused { code, .. } if code == "not_in_channel" && may("chat:write.public") => {
            let detail = format!("the bot can post to {id}, but not read it: it is not a member");
            Finding::note(TOPIC, detail).advising(remedies::slack(code))
        }
        CallError::Refused { code, .. } => {
            Finding::wrong(TOPIC, format!("{id}: {code}"), remedies::slack(code))
        }
        other => failed(TOPIC, other),
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
        CallError::NotSent { proxy: Some(_), .. } => remedies::PROXY.to_owned(),
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
        for (answer, scopes, verdict, said) in [
            (Ok(()), &[][..], Verdict::Well, "is in C1"),
            (Err("not_in_channel"), &[], Verdict::Wrong, "/invite"),
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
            let found = channel("C1", &heard, heard.scopes.as_ref());
            assert_eq!(found.verdict, verdict, "{found:?}");
            assert!(format!("{found:?}").contains(said), "{found:?}");
        }
    }
}
