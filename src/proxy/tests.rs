//! Tests of the proxy's variables: which proxy is chosen, what goes past it, and what is refused.

use super::*;

fn read<const COUNT: usize>(
    variables: [(&str, &str); COUNT],
) -> Result<ProxySettings, Vec<InvalidProxy>> {
    ProxySettings::read(|name| {
        let given = variables.iter().find(|(given, _)| *given == name);
        given.map(|(_, value)| (*value).into())
    })
}

/// The text of the proxy for an address.
fn proxy(settings: &ProxySettings, address: &str) -> Option<String> {
    let proxy = settings.proxy_for(&address.parse().unwrap());
    proxy.map(|proxy| proxy.to_string())
}

const SLACK: &str = "https://slack.com/api/auth.test";

#[test]
fn the_proxy_is_the_one_that_the_aws_sdk_uses() {
    for (variables, expected) in [
        (
            [("HTTPS_PROXY", "http://a:1"), ("ALL_PROXY", "http://b:1")],
            Some("a:1"),
        ),
        (
            [("https_proxy", "http://a:1"), ("all_proxy", "http://b:1")],
            Some("a:1"),
        ),
        (
            [("HTTPS_PROXY", "http://a:1"), ("https_proxy", "http://b:1")],
            Some("a:1"),
        ),
        ([("HTTPS_PROXY", ""), ("https_proxy", "http://b:1")], None),
        (
            [("HTTPS_PROXY", ""), ("ALL_PROXY", "http://b:1")],
            Some("b:1"),
        ),
        ([("HTTP_PROXY", "http://a:1"), ("no_proxy", "")], None),
        (
            [("HTTPS_PROXY", "proxy.example.com:3128"), ("_", "")],
            Some("proxy.example.com:3128"),
        ),
        (
            [("HTTPS_PROXY", "http://me:hush@a:1/path"), ("_", "")],
            Some("a:1"),
        ),
        ([("HTTPS_PROXY", "me:hush@a:1"), ("_", "")], Some("a:1")),
        (
            [("HTTPS_PROXY", "http://[fd00::1]:3128"), ("_", "")],
            Some("[fd00::1]:3128"),
        ),
    ] {
        let settings = read(variables).unwrap();
        assert_eq!(
            proxy(&settings, SLACK).as_deref(),
            expected,
            "{variables:?}"
        );
    }
}

#[test]
fn a_user_and_password_are_sent_decoded_and_never_printed() {
    let settings = read([("HTTPS_PROXY", "http://b%40t:hush%3A1@a:1")]).unwrap();
    let proxy = settings.proxy_for(&Uri::from_static(SLACK)).unwrap();
    // b@t:hush:1
    assert_eq!(proxy.authorization().unwrap(), "Basic YkB0Omh1c2g6MQ==");
    for text in [format!("{settings:?}"), format!("{proxy:?} {proxy}")] {
        assert!(!text.contains("hush") && !text.contains("YkB0"), "{text}");
    }
}

#[test]
fn exceptions_are_names_addresses_and_networks() {
    for (exceptions, address, is_direct) in [
        ("slack.com", "https://slack.com/", true),
        ("slack.com", "https://hooks.slack.com/", true),
        (".slack.com", "https://slack.com/", true),
        ("slack.com", "https://notslack.com/", false),
        ("hooks.slack.com", "https://slack.com/", false),
        ("*", "https://slack.com/", true),
        ("a.example, slack.com", "https://slack.com/", true),
        ("10.0.0.0/8", "https://10.1.2.3/", true),
        ("10.0.0.0/8", "https://11.1.2.3/", false),
        ("192.0.2.7", "https://192.0.2.7/", true),
        ("fd12::/16", "https://[fd12::1]/", true),
        ("fd12::/16", "https://[fd13::1]/", false),
        ("", "https://slack.com/", false),
    ] {
        let proxied = [("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", exceptions)];
        let settings = read(proxied).unwrap();
        assert_eq!(
            proxy(&settings, address).is_none(),
            is_direct,
            "{exceptions} {address}"
        );
    }
}

#[test]
fn this_machine_is_never_called_through_the_proxy() {
    let settings = read([("HTTPS_PROXY", "http://a:1"), ("ALL_PROXY", "http://a:1")]).unwrap();
    for address in [
        "https://localhost/api",
        "https://127.0.0.1:4000/api",
        "http://127.0.0.1:4000/api",
        "https://[::1]/api",
        "https://169.254.169.254/api",
        "https://169.254.170.2/api",
        "https://[fd00:ec2::254]/api",
    ] {
        assert_eq!(proxy(&settings, address), None, "{address}");
    }
    // A host that only looks like one.
    let settings = proxy(&settings, "https://localhost.example.com/");
    assert_eq!(settings.as_deref(), Some("a:1"));
}

#[test]
fn a_variable_that_the_library_would_ignore_is_an_error_that_quotes_nothing() {
    for name in [
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "HTTP_PROXY",
    ] {
        for (value, said) in [
            ("http://", "the http:// URL of a proxy"),
            ("http://me:hu sh@a:1", "the http:// URL of a proxy"),
            ("http://me:hush@a:port", "the http:// URL of a proxy"),
            ("http://me:hush@a:70000", "the http:// URL of a proxy"),
            ("http://me:hush@a:", "the http:// URL of a proxy"),
            ("http://me:hush@:3128", "the http:// URL of a proxy"),
            ("ftp://me:hush@a:1", "the http:// URL of a proxy"),
            (" http://me:hush@a:1", "the http:// URL of a proxy"),
            (
                "https://me:hush@a:1",
                "Use the proxy's http:// port, or a relay on this machine such as stunnel",
            ),
            (
                "socks5://me:hush@a:1",
                "SOCKS is not supported. Use the proxy's http:// port",
            ),
            ("socks5h://a:1", "SOCKS is not supported"),
            ("http://me:hu@sh@a:1", "%40"),
        ] {
            let invalid = read([(name, value)]).expect_err(value);
            let [InvalidProxy { variable, problem }] = invalid[..] else {
                panic!("{name}={value}: {invalid:?}")
            };
            assert_eq!(variable, name);
            assert!(problem.contains(said), "{value}: {problem}");
            assert!(!problem.contains("hush"), "{problem}");
        }
    }
}

#[test]
fn a_proxy_that_the_aws_sdk_would_ignore_is_an_error() {
    let invalid = read([("HTTPS_PROXY", "http://a:1"), ("REQUEST_METHOD", "GET")]);
    assert_eq!(invalid.unwrap_err()[0].variable, "REQUEST_METHOD");
    assert!(read([("REQUEST_METHOD", "GET")]).is_ok());
}

#[test]
fn every_bad_variable_is_reported() {
    let invalid = read([("HTTPS_PROXY", "socks5://a:1"), ("all_proxy", "ftp://a")]);
    let variables: Vec<_> = invalid
        .unwrap_err()
        .iter()
        .map(|bad| bad.variable)
        .collect();
    assert_eq!(variables, ["HTTPS_PROXY", "all_proxy"]);
}
