//! The URL of a webhook. It can contain a token, so only its host is ever shown.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use url::{Host, Url};

use crate::masking;

/// Shorter parts of a path are words or versions.
const SHORTEST_TOKEN: usize = 8;

/// Longer parts of a path can be a secret of words.
const LONGEST_WORDS: usize = 24;

/// The URL of a webhook. Its text is the host.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    uri: Uri,
    host: String,
}

impl WebhookUrl {
    /// The URL, for requests.
    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }
}

/// Errors don't quote the text.
impl FromStr for WebhookUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NO_URL: &str = "must be an https URL";
        masking::remember_address(text);
        let url = Url::parse(text).map_err(|_| NO_URL)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must be a URL without a user name or password");
        }
        if url.fragment().is_some() {
            return Err("must be a URL without a fragment");
        }
        let is_local = match url.host().ok_or(NO_URL)? {
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
            Host::Domain(name) => name == "localhost",
        };
        match url.scheme() {
            "https" => {}
            "http" if is_local => {}
            "http" => {
                return Err("must be an https URL: http is only for a receiver on this machine");
            }
            _ => return Err(NO_URL),
        }
        let host = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        masking::remember_address(url.as_str());
        if has_token(&url) {
            masking::remember_address(&url[url::Position::BeforePath..]);
        }
        let uri = url.as_str().parse().map_err(|_| NO_URL)?;
        Ok(Self { uri, host })
    }
}

/// Reports whether the path and query can be a secret without the host: they have a query, or a
/// part that isn't made of words. Plain paths are in ordinary text too, as
/// `/securityhub-members` is in the name of a file.
fn has_token(url: &Url) -> bool {
    let is_token = |part: &str| {
        let has = |kind: fn(&u8) -> bool| part.as_bytes().iter().any(kind);
        let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
        let has_digits = has(u8::is_ascii_digit);
        let is_like_no_word = has_digits || is_mixed || part.len() >= LONGEST_WORDS;
        part.len() >= SHORTEST_TOKEN && is_like_no_word
    };
    url.query().is_some() || url.path().split('/').any(is_token)
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({})", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_of_a_url_is_shown() {
        for (text, host) in [
            (
                "https://hooks.example.com/t/hush?sig=hush",
                "hooks.example.com",
            ),
            ("https://hooks.example.com:8443", "hooks.example.com:8443"),
            ("http://127.0.0.1:9000/hush", "127.0.0.1:9000"),
            ("http://[::1]:9000/hush", "[::1]:9000"),
            ("http://localhost/hush", "localhost"),
        ] {
            let url: WebhookUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), host);
            assert_eq!(format!("{url:?}"), format!("WebhookUrl({host})"));
            assert_eq!(
                url.uri().host().unwrap(),
                Url::parse(text).unwrap().host_str().unwrap()
            );
        }
        let logged = "failed: https://hooks.example.com/t/hush?sig=hush, /t/hush?sig=hush";
        assert_eq!(masking::mask(logged), "failed: [secret], [secret]");
    }

    #[test]
    fn a_path_is_hidden_without_its_host_if_it_can_have_a_token() {
        for path in [
            "/services/T0123ABCD/B0123ABCD/x",
            "/in/4f9d2c1b7a60",
            "/in/aVeryLongTokenOfLetters",
            "/in/correct-horse-battery-staple",
            "/in?key=x",
            "/a,plain,path/0123456789",
        ] {
            let url = format!("https://tokens.example.com{path}");
            url.parse::<WebhookUrl>().unwrap();
            let masked = masking::mask(path).into_owned();
            assert!(!masked.contains(path), "{masked}");
        }
        for path in ["/securityhub-members", "/api/v1/notifications", "/hooks"] {
            let url = format!("https://plain.example.com{path}");
            url.parse::<WebhookUrl>().unwrap();
            let logged = format!("{path}.toml: {url}, /etc{path}");
            let masked = format!("{path}.toml: [secret], /etc{path}");
            assert_eq!(masking::mask(&logged), masked);
        }
    }

    #[test]
    fn other_urls_are_refused_and_not_quoted() {
        for text in [
            "hush",
            "/hush",
            "http://hooks.example.com/hush",
            "http://169.254.169.254/hush",
            "http://localhost.example.com/hush",
            "ftp://hooks.example.com/hush",
            "https://user:hush@hooks.example.com/",
            "https://hush@hooks.example.com/",
            "https://hooks.example.com/#hush",
            "https:///",
            "mailto:hush@example.com",
        ] {
            let error = text.parse::<WebhookUrl>().unwrap_err();
            assert!(!error.contains("hush"), "{text}: {error}");
        }
    }
}
