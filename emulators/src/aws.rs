//! A few requests as any AWS client makes them, with a signature that emulators
//! ask for and do not check.

use anyhow::{Context, bail};

/// Where a deployment goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The subnets of the default VPC.
    pub subnets: Vec<String>,
    /// A security group of it.
    pub security_group: String,
}

impl Network {
    /// Finds the default VPC's.
    ///
    /// # Errors
    /// Where the emulator does not answer, or has none.
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

/// An EC2 operation, by its form; the answer is its XML.
///
/// # Errors
/// Where nothing answers.
pub fn ec2(url: &str, form: &str) -> anyhow::Result<String> {
    send("POST", &format!("{url}/"), "ec2", form)
}

/// The ids of a file system's mount targets.
///
/// # Errors
/// Where nothing answers.
pub fn mount_targets(url: &str, file_system: &str) -> anyhow::Result<Vec<String>> {
    let path = format!("{url}/2015-02-01/mount-targets?FileSystemId={file_system}");
    let answer = send("GET", &path, "elasticfilesystem", "")?;
    // The ids are all that is needed of the answer.
    let mut ids: Vec<String> =
        answer.split('"').filter(|text| text.starts_with("fsmt-")).map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// Deletes a mount target behind everybody's back.
///
/// # Errors
/// Where nothing answers.
pub fn delete_mount_target(url: &str, id: &str) -> anyhow::Result<()> {
    let path = format!("{url}/2015-02-01/mount-targets/{id}");
    send("DELETE", &path, "elasticfilesystem", "").map(drop)
}

fn send(method: &str, url: &str, service: &str, body: &str) -> anyhow::Result<String> {
    let signature = "0".repeat(64);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    );
    // Some tell the services apart by it.
    let kind =
        if service == "ec2" { "application/x-www-form-urlencoded" } else { "application/json" };
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", authorization)
        .header("x-amz-date", "20260101T000000Z")
        .header("content-type", kind)
        .body(body.to_owned())
        .context("making a request")?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build()
        .into();
    let mut response = agent.run(request).with_context(|| format!("calling {method} {url}"))?;
    let body = response.body_mut().read_to_string().context("reading the answer")?;
    if !response.status().is_success() {
        bail!("{method} {url} was answered with {}: {body}", response.status());
    }
    Ok(body)
}

/// The texts of all elements of a name.
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
