//! A few AWS requests, with a signature that emulators require and do not verify.

use anyhow::{Context, bail};

/// The network that a deployment uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The subnets of the default VPC.
    pub subnets: Vec<String>,
    /// A security group of the default VPC.
    pub security_group: String,
}

impl Network {
    /// Finds the default VPC of the emulator at `url`.
    ///
    /// # Errors
    /// If the emulator does not respond, or has no default VPC.
    pub fn of(url: &str) -> anyhow::Result<Network> {
        let subnets = ec2(url, "Action=DescribeSubnets&Version=2016-11-15")?;
        let groups = ec2(url, "Action=DescribeSecurityGroups&Version=2016-11-15")?;
        let subnets = texts(&subnets, "subnetId");
        let group = texts(&groups, "groupId").into_iter().next();
        match group {
            Some(security_group) if !subnets.is_empty() => Ok(Network { subnets, security_group }),
            _ => bail!("the AWS at {url} has no default VPC with subnets and a security group"),
        }
    }
}

/// Calls an EC2 operation with its form-encoded parameters; returns the XML of the response.
///
/// # Errors
/// If the emulator does not respond, or responds with an error.
pub fn ec2(url: &str, form: &str) -> anyhow::Result<String> {
    send("POST", &format!("{url}/"), "ec2", form)
}

/// Calls an IAM operation; returns the XML of the response.
///
/// # Errors
/// If the emulator does not respond, or responds with an error.
pub fn iam(url: &str, action: &str, parameters: &[(&str, &str)]) -> anyhow::Result<String> {
    let mut form = format!("Action={action}&Version=2010-05-08");
    for (name, value) in parameters {
        form.push_str(&format!("&{name}="));
        for byte in value.bytes() {
            form.push_str(&format!("%{byte:02X}"));
        }
    }
    send("POST", &format!("{url}/"), "iam", &form)
}

/// Puts a document at a path of the emulator's own.
///
/// # Errors
/// If the emulator does not respond, or responds with an error.
pub fn put(url: &str, path: &str, document: &str) -> anyhow::Result<()> {
    send("PUT", &format!("{url}/{path}"), "sandbox", document).map(drop)
}

/// Sends a document to a path of the emulator's own.
///
/// # Errors
/// If the emulator does not respond, or responds with an error.
pub fn post(url: &str, path: &str, document: &str) -> anyhow::Result<()> {
    send("POST", &format!("{url}/{path}"), "sandbox", document).map(drop)
}

/// The text of the first element with a name.
pub fn text(xml: &str, element: &str) -> Option<String> {
    let rest = xml.split(&format!("<{element}>")).nth(1)?;
    rest.split('<').next().map(str::to_owned)
}

/// The ids of a file system's mount targets.
///
/// # Errors
/// If the emulator does not respond, or responds with an error.
pub fn mount_targets(url: &str, file_system: &str) -> anyhow::Result<Vec<String>> {
    let path = format!("{url}/2015-02-01/mount-targets?FileSystemId={file_system}");
    let response = send("GET", &path, "elasticfilesystem", "")?;
    // Nothing but the ids is needed of the response.
    let mut ids: Vec<String> =
        response.split('"').filter(|text| text.starts_with("fsmt-")).map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// Deletes a mount target, as another client of the account would.
///
/// # Errors
/// If the emulator does not respond, or responds with an error.
pub fn delete_mount_target(url: &str, id: &str) -> anyhow::Result<()> {
    let path = format!("{url}/2015-02-01/mount-targets/{id}");
    send("DELETE", &path, "elasticfilesystem", "").map(drop)
}

/// Gives a file system another policy, or none, as another client of the account would; the
/// policy is the body of `PutFileSystemPolicy`.
///
/// # Errors
/// If the emulator does not respond, or responds with an error.
pub fn set_file_system_policy(
    url: &str,
    file_system: &str,
    policy: Option<&str>,
) -> anyhow::Result<()> {
    let url = format!("{url}/2015-02-01/file-systems/{file_system}/policy");
    let method = if policy.is_some() { "PUT" } else { "DELETE" };
    send(method, &url, "elasticfilesystem", policy.unwrap_or_default()).map(drop)
}

fn send(method: &str, url: &str, service: &str, body: &str) -> anyhow::Result<String> {
    let Response { status, body, .. } = request(method, url, service, body)?;
    if !(200..300).contains(&status) {
        bail!("{method} {url} failed with {status}: {body}");
    }
    Ok(body)
}

/// A response, whatever its status is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// The code of the error, where the header `x-amzn-errortype` names one.
    pub code: String,
    pub body: String,
}

/// Sends a request of a service, by its signing name, to a whole URL.
///
/// # Errors
/// If the emulator does not respond.
pub fn request(method: &str, url: &str, service: &str, body: &str) -> anyhow::Result<Response> {
    let signature = "0".repeat(64);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=sandbox/20260101/eu-west-1/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    );
    // Some emulators distinguish the services by it.
    let content_type = match service {
        "ec2" | "iam" => "application/x-www-form-urlencoded",
        _ => "application/json",
    };
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", authorization)
        .header("x-amz-date", "20260101T000000Z")
        .header("content-type", content_type)
        .body(body.to_owned())
        .context("building a request")?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build()
        .into();
    let mut response = agent.run(request).with_context(|| format!("calling {method} {url}"))?;
    let body = response.body_mut().read_to_string().context("reading the response")?;
    let code = response.headers().get("x-amzn-errortype").and_then(|code| code.to_str().ok());
    let code = code.unwrap_or_default().to_owned();
    Ok(Response { status: response.status().as_u16(), code, body })
}

/// The different texts of all elements with a name, sorted.
fn texts(xml: &str, element: &str) -> Vec<String> {
    let mut texts: Vec<String> = xml
        .split(&format!("<{element}>"))
        .skip(1)
        .filter_map(|rest| rest.split('<').next().map(str::to_owned))
        .collect();
    texts.sort();
    texts.dedup();
    texts
}
