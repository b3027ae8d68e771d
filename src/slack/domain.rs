//! Slack's domains and hosts. One setting, the address of the Web API, decides on all of them.

use url::Url;

/// Slack, and GovSlack for the public sector of the United States, which share no data:
/// <https://api.slack-gov.com/gov-slack/about>
const DOMAINS: [&str; 2] = ["slack.com", "slack-gov.com"];

/// The domain with the hosts of this API; `None` for a mock, which has one host.
pub(super) fn of_api(api: &Url) -> Option<&'static str> {
    let host = api.host_str()?;
    DOMAINS.into_iter().find(|domain| *domain == host)
}

/// The hosts that the bot calls. Slack gives Socket Mode another host with each connection; the
/// usual one stands for them.
pub(super) fn hosts(api: &Url, in_socket_mode: bool) -> Vec<String> {
    let Some(domain) = of_api(api) else {
        return api.host_str().map(str::to_owned).into_iter().collect();
    };
    let mut hosts = vec![domain.to_owned(), format!("hooks.{domain}")];
    if in_socket_mode {
        hosts.push(format!("wss-primary.{domain}"));
    }
    hosts
}

/// The addresses of Socket Mode, for people to read.
pub(super) fn socket_addresses(api: &Url) -> String {
    match of_api(api) {
        Some(domain) => format!("https://{domain} and wss://*.{domain}"),
        None => api.origin().ascii_serialization(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_socket_mode_are_those_of_the_domain_in_use() {
        for (api, expected) in [
            (
                "https://slack.com/api",
                "https://slack.com and wss://*.slack.com",
            ),
            (
                "https://slack-gov.com/api",
                "https://slack-gov.com and wss://*.slack-gov.com",
            ),
            ("http://127.0.0.1:4000/api", "http://127.0.0.1:4000"),
        ] {
            assert_eq!(socket_addresses(&api.parse().unwrap()), expected);
        }
    }
}
