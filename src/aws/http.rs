//! The HTTP client of the AWS SDK. It uses the proxy of the environment, except for this machine
//! and for the sources of its credentials.
//!
//! The SDK's own client sends everything through `HTTP_PROXY`, unless `NO_PROXY` has an
//! exception: the proxy would see the task's credentials.

use std::sync::Arc;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use url::{Host, Url};

use crate::proxy::is_local;

/// The variables with the addresses of credentials. Such an address can be a name for this
/// machine, from `/etc/hosts` for example.
const CREDENTIALS_AT: [&str; 2] = [
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
];

/// The client of every call to AWS.
pub(super) fn client() -> SharedHttpClient {
    let credentials = CREDENTIALS_AT.iter().filter_map(|name| {
        let url = std::env::var(name).ok()?.parse::<Url>().ok()?;
        // With TLS, the proxy cannot read the content.
        let host = url.host_str().filter(|_| url.scheme() == "http");
        host.map(str::to_owned)
    });
    SharedHttpClient::new(Routed {
        proxied: through(ProxyConfig::from_env()),
        direct: through(ProxyConfig::disabled()),
        credentials: credentials.collect(),
    })
}

/// A client without a proxy, for services on this machine.
#[cfg(feature = "embedded-store")]
pub(super) fn direct_client() -> SharedHttpClient {
    through(ProxyConfig::disabled())
}

/// The SDK's default HTTP client, with this proxy.
fn through(proxy: ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder =
            ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder.set_proxy_config(Some(proxy.clone()));
        builder.build()
    })
}

/// Two clients, and the choice between them for each request.
#[derive(Debug)]
struct Routed {
    proxied: SharedHttpClient,
    direct: SharedHttpClient,
    credentials: Arc<[String]>,
}

impl HttpClient for Routed {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(RoutedConnector {
            proxied: self.proxied.http_connector(settings, components),
            direct: self.direct.http_connector(settings, components),
            credentials: Arc::clone(&self.credentials),
        })
    }
}

#[derive(Debug)]
struct RoutedConnector {
    proxied: SharedHttpConnector,
    direct: SharedHttpConnector,
    credentials: Arc<[String]>,
}

impl HttpConnector for RoutedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if is_direct(request.uri(), &self.credentials) {
            self.direct.call(request)
        } else {
            self.proxied.call(request)
        }
    }
}

/// Reports whether a request to this address must bypass the proxy.
fn is_direct(address: &str, credentials: &[String]) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    let Some(host) = url.host() else {
        return false;
    };
    let is_source = |name: &str| credentials.iter().any(|source| source == name);
    is_local(&host) || matches!(host, Host::Domain(name) if is_source(name.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_its_credentials_are_reached_without_a_proxy() {
        let credentials = ["agent.internal".to_owned()];
        for (address, direct) in [
            ("http://169.254.169.254/latest/api/token", true),
            ("http://169.254.170.2/v2/credentials/1", true),
            ("http://169.254.170.23/v1/credentials", true),
            ("http://[fd00:ec2::254]/latest/api/token", true),
            ("http://[fd00:ec2::23]/v1/credentials", true),
            ("http://[::ffff:169.254.169.254]/", true),
            ("http://127.0.0.1:8000/members", true),
            ("http://127.255.0.1/", true),
            ("http://[::1]:8000/", true),
            ("http://localhost:8000/", true),
            ("http://LOCALHOST./", true),
            ("http://aws.localhost:4566/", true),
            ("http://agent.internal/credentials", true),
            ("https://securityhub.eu-west-1.amazonaws.com/members", false),
            ("https://sts.amazonaws.com/", false),
            ("http://10.0.0.1/", false),
            ("http://[fd00:ec3::1]/", false),
            ("http://localhost.example.com/", false),
            ("http://169.254.169.254.example.com/", false),
            ("foo", false),
        ] {
            assert_eq!(is_direct(address, &credentials), direct, "{address}");
        }
    }
}
