//! A sandbox within the test, and calls to it by different callers.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use clap::Parser;
use sandbox::{Options, Sandbox, Surroundings};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// A sandbox whose states last a millisecond.
pub(crate) struct Aws {
    sandbox: Sandbox,
    runtime: Runtime,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Response {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The text of the first XML element of this name.
    #[track_caller]
    pub(crate) fn xml(&self, element: &str) -> String {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        let inner = self.body.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
        let (text, _) = inner.unwrap_or_else(|| panic!("no {element}: {}", self.body));
        text.replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
    }

    /// The same response, of this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Response {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// A refusal in XML of what AWS has and the sandbox has not: a sentence, and no code.
    #[track_caller]
    pub(crate) fn not_served(self, message: &str) {
        assert_eq!((self.status, self.body.contains("<Code>")), (501, false), "{}", self.body);
        assert_eq!(self.xml("Message"), message);
    }

    /// An error in XML.
    #[track_caller]
    pub(crate) fn fails(self, status: u16, code: &str, message: &str) {
        assert_eq!((self.status, self.xml("Code").as_str()), (status, code), "{}", self.body);
        assert_eq!(self.xml("Message"), message);
    }
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) key: String,
    pub(crate) token: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The region that requests are signed for.
    pub(crate) region: &'static str,
}

/// A caller by access key id.
pub(crate) fn caller(key: &str) -> Caller {
    Caller { key: key.to_owned(), token: None, headers: Vec::new(), region: "eu-west-1" }
}

/// The caller that credentials in a response make.
pub(crate) fn session(response: &Response) -> Caller {
    let token = Some(response.xml("SessionToken"));
    Caller { token, ..caller(&response.xml("AccessKeyId")) }
}

impl Aws {
    /// A sandbox that enforces IAM.
    pub(crate) fn enforcing() -> Aws {
        Aws::with(&["--enforce-iam"])
    }

    /// A sandbox with these flags.
    pub(crate) fn with(flags: &[&str]) -> Aws {
        let quick = [
            "--file-system-creating-ms=0",
            "--file-system-updating-ms=0",
            "--mount-target-creating-ms=0",
            "--mount-target-deleting-ms=0",
        ];
        let arguments = ["sandbox"].iter().chain(&quick).chain(flags);
        let options = Options::try_parse_from(arguments).unwrap();
        let sandbox = Sandbox::open(options, Surroundings::default()).unwrap();
        Aws { sandbox, runtime: Builder::new_current_thread().enable_all().build().unwrap() }
    }

    fn send(&self, service: &str, by: Option<&Caller>, request: (&str, &str, &str)) -> Response {
        let (method, path, body) = request;
        let mut builder = Request::builder().method(method).uri(path);
        if let Some(by) = by {
            let signature = "0".repeat(64);
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential={}/20260101/{}/{service}/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature={signature}",
                by.key, by.region
            );
            builder = builder
                .header("authorization", authorization)
                .header("x-amz-date", "20260101T000000Z");
            for (name, value) in &by.headers {
                builder = builder.header(*name, value);
            }
            if let Some(token) = &by.token {
                builder = builder.header("x-amz-security-token", token);
            }
        }
        let request = builder.body(Body::from(body.to_owned())).unwrap();
        self.runtime.block_on(async {
            let response = self.sandbox.call(request).await.unwrap();
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            Response { status, body: String::from_utf8(body.to_vec()).unwrap() }
        })
    }

    /// An EFS operation: method, path behind the version, and body.
    pub(crate) fn efs(&self, by: &Caller, method: &str, path: &str, body: &Value) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send("elasticfilesystem", Some(by), (method, &format!("/2015-02-01/{path}"), &body))
    }

    /// An EC2 operation, by its form.
    pub(crate) fn ec2(&self, by: &Caller, form: &str) -> Response {
        self.send("ec2", Some(by), ("POST", "/", &format!("{form}&Version=2016-11-15")))
    }

    /// An STS operation.
    pub(crate) fn sts(&self, by: &Caller, form: &[(&str, &str)]) -> Response {
        self.send("sts", Some(by), ("POST", "/", &encoded("2011-06-15", form)))
    }

    /// An STS operation without a signature.
    pub(crate) fn sts_unsigned(&self, form: &[(&str, &str)]) -> Response {
        self.send("sts", None, ("POST", "/", &encoded("2011-06-15", form)))
    }

    /// An IAM operation.
    pub(crate) fn iam(&self, by: &Caller, form: &[(&str, &str)]) -> Response {
        self.send("iam", Some(by), ("POST", "/", &encoded("2010-05-08", form)))
    }

    /// An EKS operation.
    pub(crate) fn eks(&self, by: &Caller, method: &str, path: &str, body: &Value) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send("eks", Some(by), (method, &format!("/{path}"), &body))
    }

    /// A path of the sandbox's own, behind `/_sandbox/`.
    pub(crate) fn admin(&self, method: &str, path: &str, body: &Value) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send("sandbox", None, (method, &format!("/_sandbox/{path}"), &body))
    }

    /// Gives a caller these statements as its one policy.
    #[track_caller]
    pub(crate) fn may(&self, key: &str, statements: &Value) {
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        self.admin("PUT", &format!("iam/principals/{key}"), &document).is(204);
    }

    /// A file system that is available, made by the root user.
    #[track_caller]
    pub(crate) fn file_system(&self, token: &str) -> String {
        let body = json!({ "CreationToken": token });
        let made = self.efs(&root(), "POST", "file-systems", &body).is(201);
        made.json()["FileSystemId"].as_str().unwrap().to_owned()
    }
}

/// The account's root user.
pub(crate) fn root() -> Caller {
    caller("sandbox")
}

/// All actions on all resources.
pub(crate) fn everything() -> Value {
    json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }])
}

fn encoded(version: &str, form: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("Version", version)
        .extend_pairs(form)
        .finish()
}
