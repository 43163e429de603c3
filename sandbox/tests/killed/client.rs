//! A client of the sandbox under load.

use serde_json::Value;

/// A policy that trusts pods.
pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// A request: service, method, path and body.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: String,
}

impl Request {
    /// A call of EFS, by its path behind the version; `null` for no body.
    pub(crate) fn efs(method: &'static str, path: String, body: &Value) -> Request {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Request { service: "elasticfilesystem", method, path: format!("/2015-02-01/{path}"), body }
    }

    /// A call of EC2 or IAM, by its form.
    pub(crate) fn form(service: &'static str, action: &str, form: &[(&str, &str)]) -> Request {
        let version = if service == "ec2" { "2016-11-15" } else { "2010-05-08" };
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", version)
            .extend_pairs(form)
            .finish();
        Request { service, method: "POST", path: "/".to_owned(), body }
    }
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Response {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The text of the first XML element of a name.
    pub(crate) fn xml(&self, element: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("<{element}>"))?;
        Some(rest.split_once(&format!("</{element}>"))?.0.to_owned())
    }
}

/// A client with a connection of its own.
pub(crate) struct Client {
    url: String,
    agent: ureq::Agent,
    /// Its number, which is part of the names of what it makes.
    pub(crate) number: usize,
    /// Its file system and its security group, once they are made.
    pub(crate) file_system: String,
    pub(crate) group: String,
}

impl Client {
    pub(crate) fn new(url: &str, number: usize) -> Client {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build()
            .into();
        Client {
            url: url.to_owned(),
            agent,
            number,
            file_system: String::new(),
            group: String::new(),
        }
    }

    /// The name of its role.
    pub(crate) fn role(&self) -> String {
        format!("role-{}", self.number)
    }

    /// The response; nothing where the sandbox was gone before the whole of it.
    pub(crate) fn send(&self, request: &Request) -> Option<Response> {
        let signature = "0".repeat(64);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{}/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={signature}",
            request.service
        );
        let sent = ureq::http::Request::builder()
            .method(request.method)
            .uri(format!("{}{}", self.url, request.path))
            .header("authorization", authorization)
            .header("x-amz-date", "20260101T000000Z")
            .body(request.body.clone())
            .unwrap();
        let mut response = self.agent.run(sent).ok()?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().ok()?;
        Some(Response { status, text })
    }

    /// The same, which must succeed where it is answered.
    pub(crate) fn done(&self, request: &Request) -> Option<Response> {
        let response = self.send(request)?;
        assert!(response.status < 300, "{request:?}: {response:?}");
        Some(response)
    }
}
