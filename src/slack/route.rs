//! The route to Slack's hosts, through the proxy or not, for people to read. Connections are opened
//! elsewhere, by the same rules.

use hyper::Uri;
use url::Url;

use super::domain;
use crate::proxy::{Proxy, ProxySettings};

/// The proxy to Slack.
#[derive(Debug)]
pub struct ProxyRoute {
    /// The proxy.
    pub proxy: Proxy,
    /// The hosts that are called through it.
    pub through: Vec<String>,
    /// The hosts that are called directly.
    pub direct: Vec<String>,
}

impl ProxyRoute {
    /// The route to this API; `None` if all of its hosts are called directly.
    pub fn of(api: &Url, proxies: &ProxySettings, in_socket_mode: bool) -> Option<Self> {
        let mut proxy = None;
        let is_proxied = |host: &String| {
            let address = format!("{}://{host}/", api.scheme()).parse::<Uri>();
            let found = address.ok().and_then(|address| proxies.proxy_for(&address));
            let is_found = found.is_some();
            proxy = found.or_else(|| proxy.take());
            is_found
        };
        let hosts = domain::hosts(api, in_socket_mode);
        let (through, direct) = hosts.into_iter().partition(is_proxied);
        Some(Self {
            proxy: proxy?,
            through,
            direct,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hosts through the proxy, and those past it.
    fn route(api: &str, exceptions: &str) -> Option<(String, String)> {
        let proxies = ProxySettings::read(|name| match name {
            "HTTPS_PROXY" => Some("http://bot:hush@proxy.example.com:3128".into()),
            "NO_PROXY" => Some(exceptions.into()),
            _ => None,
        });
        let route = ProxyRoute::of(&api.parse().unwrap(), &proxies.unwrap(), true)?;
        assert_eq!(route.proxy.to_string(), "proxy.example.com:3128");
        Some((route.through.join(" "), route.direct.join(" ")))
    }

    #[test]
    fn each_host_of_slack_is_called_through_the_proxy_or_is_an_exception() {
        let slack = "https://slack.com/api";
        for (api, exceptions, through, direct) in [
            (
                slack,
                "",
                "slack.com hooks.slack.com wss-primary.slack.com",
                "",
            ),
            (
                slack,
                "hooks.slack.com,10.0.0.0/8",
                "slack.com wss-primary.slack.com",
                "hooks.slack.com",
            ),
            (
                "https://slack-gov.com/api",
                "slack.com",
                "slack-gov.com hooks.slack-gov.com wss-primary.slack-gov.com",
                "",
            ),
            ("https://mock.example.com/api", "", "mock.example.com", ""),
        ] {
            let expected = (through.to_owned(), direct.to_owned());
            assert_eq!(route(api, exceptions), Some(expected), "{api} {exceptions}");
        }
    }

    #[test]
    fn without_a_proxy_to_slack_there_is_no_route() {
        assert_eq!(route("https://slack.com/api", "slack.com"), None);
        assert_eq!(route("http://127.0.0.1:4000/api", ""), None);
    }
}
