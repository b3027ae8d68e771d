//! Stops a process at one chosen request to DynamoDB: a fuse below the SDK.
//! What the SDK does about a failed request, it does here too.

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::crash::{Fault, Fuse};

/// An HTTP client of a process with this fuse.
pub(crate) fn fused(fuse: &Fuse) -> SharedHttpClient {
    SharedHttpClient::new(FusedClient {
        client: Builder::new().build_http(),
        fuse: fuse.clone(),
    })
}

#[derive(Debug)]
struct FusedClient {
    client: SharedHttpClient,
    fuse: Fuse,
}

impl HttpClient for FusedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(FusedConnector {
            connector: self.client.http_connector(settings, components),
            fuse: self.fuse.clone(),
        })
    }
}

#[derive(Debug)]
struct FusedConnector {
    connector: SharedHttpConnector,
    fuse: Fuse,
}

impl HttpConnector for FusedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (connector, fuse) = (self.connector.clone(), self.fuse.clone());
        let error = |_: Fault| ConnectorError::io("the test says so".into());
        HttpConnectorFuture::new(async move {
            fuse.step(error, true, async { connector.call(request).await })
                .await
        })
    }
}
