//! The proxy of the environment: which variables name it, what they may contain, and which
//! addresses never use it. Connections are opened elsewhere.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::{Host, Url};

/// The variables with a proxy, each before its second spelling, as the AWS SDK reads them.
const PROXIES: [[&str; 2]; 3] = [
    ["HTTPS_PROXY", "https_proxy"],
    ["ALL_PROXY", "all_proxy"],
    ["HTTP_PROXY", "http_proxy"],
];
/// The variable with the exceptions.
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// A web server sets it for a CGI script, in which `HTTP_PROXY` can be a visitor's header. The AWS
/// SDK then ignores every proxy.
const CGI: &str = "REQUEST_METHOD";

/// The proxy for calls over TLS, and the exceptions. Clones share it.
#[derive(Clone)]
pub struct ProxySettings(Arc<Matcher>);

impl Default for ProxySettings {
    /// No proxy.
    fn default() -> Self {
        Self(Arc::new(Matcher::builder().build()))
    }
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxySettings")
    }
}

/// A variable that can't be used. Values are not quoted, because they can contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidProxy {
    /// The variable.
    pub variable: &'static str,
    /// The problem.
    pub problem: &'static str,
}

impl InvalidProxy {
    /// A valid assignment, or how to remove the variable.
    pub fn example(&self) -> String {
        match self.variable {
            CGI => format!("env --unset={CGI} securityhub-members serve"),
            "NO_PROXY" | "no_proxy" => format!("{}=example.com,10.0.0.0/8", self.variable),
            proxy => format!("{proxy}=http://proxy.example.com:3128"),
        }
    }
}

impl ProxySettings {
    /// The settings in these environment variables.
    ///
    /// # Errors
    ///
    /// Every variable that can't be used. Ignoring one would mean going past the proxy.
    pub fn read(
        variable: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Self, Vec<InvalidProxy>> {
        let mut invalid = Vec::new();
        let mut text = |names, check| {
            value(names, &variable, check).unwrap_or_else(|problem| {
                invalid.push(problem);
                String::new()
            })
        };
        let [https, all, http] = PROXIES.map(|names| text(names, check_proxy));
        let exceptions = text(NO_PROXY, |_| Ok(()));
        let is_any = [&https, &all, &http].iter().any(|proxy| !proxy.is_empty());
        if is_any && variable(CGI).is_some() {
            invalid.push(InvalidProxy {
                variable: CGI,
                problem: "must not be set: with it, the AWS SDK ignores the proxy",
            });
        }
        if !invalid.is_empty() {
            return Err(invalid);
        }
        // Without TLS only a mock on this machine is called.
        let matcher = Matcher::builder().https(if https.is_empty() { all } else { https });
        Ok(Self(Arc::new(matcher.no(exceptions).build())))
    }

    /// The proxy for an address; `None` if it is called directly.
    pub fn proxy_for(&self, address: &Uri) -> Option<Proxy> {
        let url = Url::parse(&address.to_string()).ok();
        let host = url.as_ref().and_then(Url::host);
        if host.is_some_and(|host| is_local(&host)) {
            return None;
        }
        self.0.intercept(address).map(Proxy)
    }
}

/// A proxy. Its text is the address, without user and password.
#[derive(Debug, Clone)]
pub struct Proxy(Intercept);

impl Proxy {
    /// The address, without user and password.
    pub fn address(&self) -> &Uri {
        self.0.uri()
    }

    /// The value of `Proxy-Authorization`, if there are a user and password.
    pub fn authorization(&self) -> Option<&HeaderValue> {
        self.0.basic_auth()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.address().authority();
        f.write_str(authority.map_or("", |authority| authority.as_str()))
    }
}

/// The value of the first variable that is set. An empty one hides the other spelling.
fn value(
    names: [&'static str; 2],
    variable: impl Fn(&'static str) -> Option<OsString>,
    check: fn(&str) -> Result<(), &'static str>,
) -> Result<String, InvalidProxy> {
    let set = |name| Some((name, variable(name)?));
    let Some((variable, value)) = names.into_iter().find_map(set) else {
        return Ok(String::new());
    };
    let invalid = |problem| InvalidProxy { variable, problem };
    let value = value.into_string().map_err(|_| invalid("must be UTF-8"))?;
    check(&value).map_err(invalid)?;
    Ok(value)
}

/// Checks a proxy by what the library, also the AWS SDK's, makes of it. It ignores a proxy that
/// it can't parse.
fn check_proxy(value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        return Ok(());
    }
    const NO_URL: &str = "must be the http:// URL of a proxy";
    const OVER_TLS: &str = "must be an http:// URL: TLS to the proxy itself is not supported. Use the proxy's http:// port, or a relay on this machine such as stunnel. Calls have TLS inside the tunnel";
    const SOCKS: &str = "must be an http:// URL: SOCKS is not supported. Use the proxy's http:// port, or a relay on this machine such as Privoxy";
    let matcher = Matcher::builder().https(value).build();
    let proxy = matcher.intercept(&Uri::from_static("https://slack.com"));
    let proxy = proxy.ok_or(NO_URL)?;
    match proxy.uri().scheme_str() {
        Some("http") => {}
        Some("https") => return Err(OVER_TLS),
        _ => return Err(SOCKS),
    }
    let authority = proxy.uri().authority().ok_or(NO_URL)?;
    // The library ends the password at the first @.
    if authority.as_str().contains('@') {
        return Err("must have %40 for each @ in the user name and password");
    }
    // The library takes any text as a port, and then connects to port 80.
    let has_port = authority.as_str() != authority.host();
    if authority.host().is_empty() || (has_port && authority.port_u16().is_none()) {
        return Err(NO_URL);
    }
    Ok(())
}

/// The passwords in the environment, as they are given.
pub(crate) fn passwords() -> impl Iterator<Item = String> {
    let values = PROXIES.as_flattened().iter();
    let values = values.filter_map(|name| std::env::var(name).ok());
    values.filter_map(|value| {
        let (user_info, _) = value.rsplit_once('@')?;
        let user_info = user_info
            .split_once("://")
            .map_or(user_info, |(_, rest)| rest);
        let (_, password) = user_info.split_once(':')?;
        Some(password.to_owned())
    })
}

/// Reports whether a host is this machine, or a source of its AWS credentials.
pub(crate) fn is_local(host: &Host<&str>) -> bool {
    match host {
        // 169.254.0.0/16 has the metadata service and the agents of ECS and EKS.
        Host::Ipv4(ip) => ip.is_loopback() || ip.is_link_local(),
        Host::Ipv6(ip) => {
            let mapped = ip.to_ipv4_mapped();
            let [first, second, ..] = ip.segments();
            ip.is_loopback()
                || ip.is_unicast_link_local()
                // fd00:ec2::/32 has the same over IPv6.
                || (first, second) == (0xfd00, 0x0ec2)
                || mapped.is_some_and(|ip| ip.is_loopback() || ip.is_link_local())
        }
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests;
