//! The parsers of requests: any bytes as a verified body.

use axum::http::Uri;
use securityhub_members::slack::ids::UserId;
use securityhub_members::slack::inbound::{
    Interaction, ResponseOrigin, ResponseUrl, SlackEvent, command, event, interaction, is_ssl_check,
};

const SLACK: Allowed = Allowed {
    api: "https://slack.com/api",
    scheme: "https",
    authority: "hooks.slack.com",
};
const STAND_IN: Allowed = Allowed {
    api: "http://127.0.0.1:4000/api",
    scheme: "http",
    authority: "127.0.0.1:4000",
};

/// The rules for `response_url`s, implemented without the product's code.
struct Allowed {
    api: &'static str,
    scheme: &'static str,
    authority: &'static str,
}

/// The bytes are a body.
pub(crate) fn check(bytes: &[u8]) {
    let _ = is_ssl_check(bytes);
    if let Ok(SlackEvent::HomeOpened { user, .. }) = event(bytes) {
        check_user(&user);
    }
    for allowed in [SLACK, STAND_IN] {
        let origin = ResponseOrigin::of_api(&allowed.api.parse().unwrap());
        if let Ok(command) = command(bytes, &origin) {
            check_user(&command.user);
            check_url(&command.response_url, &allowed);
        }
        if let Ok(Interaction::Action(action)) = interaction(bytes, &origin) {
            check_user(&action.user);
            assert!(!action.id.is_empty() && action.value.as_deref() != Some(""));
            if let Some(url) = &action.response_url {
                check_url(url, &allowed);
            }
        }
        // A URL without a form around it.
        let text = String::from_utf8_lossy(bytes);
        if let Ok(url) = ResponseUrl::parse(&text, &origin) {
            check_url(&url, &allowed);
        }
    }
}

/// The ID is safe in messages: it has no characters with a meaning in Slack.
fn check_user(user: &UserId) {
    let id = user.as_str();
    assert!((1..=64).contains(&id.len()), "{id:?}");
    assert!(
        id.chars().all(|letter| letter.is_ascii_alphanumeric()),
        "{id:?}"
    );
}

/// Checked with the HTTP client's parser, and by hand.
fn check_url(url: &ResponseUrl, allowed: &Allowed) {
    let address = url.url().unwrap();
    let address = address.as_str();
    let uri: Uri = address.parse().unwrap();
    assert_eq!(uri.scheme_str(), Some(allowed.scheme), "{address}");
    let authority = uri.authority().map(|authority| authority.as_str());
    assert_eq!(authority, Some(allowed.authority), "{address}");
    let start = format!("{}://{}/", allowed.scheme, allowed.authority);
    assert!(address.starts_with(&start), "{address}");
    let printable = address.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(printable, "{address}");
    // Some parsers read a backslash as a slash. After the path it is harmless.
    let path = address.split(['?', '#']).next();
    assert!(!path.is_some_and(|path| path.contains('\\')), "{address}");
    // The URL is a secret, so its distinguishing part is never printed.
    let other = format!("{start}other").parse::<url::Url>().unwrap();
    let other = ResponseUrl::parse(
        other.as_str(),
        &ResponseOrigin::of_api(&allowed.api.parse().unwrap()),
    );
    assert_eq!(format!("{url:?}"), format!("{:?}", other.unwrap()));
}
