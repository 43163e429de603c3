//! Access points of an emulated EFS.

use anyhow::{Context, bail, ensure};
use emulators::Response;
use serde_json::{Value, json};

use crate::json::text;

/// A client of an emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Efs {
    url: String,
}

/// An access point, as far as the driver decides about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPoint {
    pub id: String,
    /// The path of its directory.
    pub path: String,
    pub uid: u64,
    pub gid: u64,
    /// Whether it has the tag by which the driver knows its own.
    pub is_the_drivers: bool,
}

/// The tag of access points that the driver made; its policy lets it delete only those.
const TAG: (&str, &str) = ("efs.csi.aws.com/cluster", "true");

impl Efs {
    /// A client of the emulator at `url`.
    pub fn new(url: &str) -> Efs {
        Efs { url: url.trim_end_matches('/').to_owned() }
    }

    /// Where the emulator is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The access points of a file system.
    ///
    /// # Errors
    /// If the emulator does not respond, or responds with an error.
    pub fn access_points(&self, file_system: &str) -> anyhow::Result<Vec<AccessPoint>> {
        let path = format!("access-points?FileSystemId={file_system}&MaxResults=1000");
        let found = self.send("GET", &path, "")?;
        let found = found["AccessPoints"].as_array().cloned().unwrap_or_default();
        Ok(found.iter().map(access_point).collect())
    }

    /// The zones and the addresses of the mount targets of a file system.
    pub(crate) fn mount_targets(&self, file_system: &str) -> anyhow::Result<Vec<(String, String)>> {
        let found = self.send("GET", &format!("mount-targets?FileSystemId={file_system}"), "")?;
        let found = found["MountTargets"].as_array().cloned().unwrap_or_default();
        let target = |found: &Value| {
            let of = |name: &str| text(found, name).to_owned();
            (of("/AvailabilityZoneName"), of("/IpAddress"))
        };
        Ok(found.iter().map(target).collect())
    }

    /// The zone of a One Zone file system.
    pub(crate) fn zone(&self, file_system: &str) -> anyhow::Result<Option<String>> {
        let found = self.send("GET", &format!("file-systems?FileSystemId={file_system}"), "")?;
        let zone = text(&found, "/FileSystems/0/AvailabilityZoneName");
        Ok((!zone.is_empty()).then(|| zone.to_owned()))
    }

    /// Creates an access point, or finds the one of the same token; returns its id.
    pub(crate) fn create(&self, token: &str, of: &NewAccessPoint<'_>) -> anyhow::Result<String> {
        let NewAccessPoint { file_system, path, uid, gid, perms, tagged } = of;
        let (key, value) = TAG;
        let tags: &[Value] = if *tagged { &[json!({"Key": key, "Value": value})] } else { &[] };
        let body = json!({
            "ClientToken": token,
            "FileSystemId": file_system,
            "PosixUser": {"Uid": uid, "Gid": gid},
            "RootDirectory": {
                "Path": path,
                "CreationInfo": {"OwnerUid": uid, "OwnerGid": gid, "Permissions": perms},
            },
            "Tags": tags,
        });
        let created = self.send("POST", "access-points", &body.to_string())?;
        let id = text(&created, "/AccessPointId");
        ensure!(!id.is_empty(), "an access point without an id was created: {created}");
        Ok(id.to_owned())
    }

    /// Deletes an access point; succeeds if it does not exist.
    pub(crate) fn delete(&self, id: &str) -> anyhow::Result<()> {
        match self.send("DELETE", &format!("access-points/{id}"), "") {
            Err(error) if format!("{error:#}").contains("AccessPointNotFound") => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    fn send(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Value> {
        let url = format!("{}/2015-02-01/{path}", self.url);
        let Response { status, code, body } =
            emulators::request(method, &url, "elasticfilesystem", body)?;
        if !(200..300).contains(&status) {
            // The response to the same token again has the id of what it created.
            if let Ok(found) = serde_json::from_str::<Value>(&body)
                && status == 409
                && found["AccessPointId"].is_string()
            {
                return Ok(found);
            }
            bail!("{method} {url} failed with {status} {code}: {body}");
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&body).with_context(|| format!("reading the response of {url}"))
    }
}

/// What an access point is created with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewAccessPoint<'a> {
    pub(crate) file_system: &'a str,
    pub(crate) path: &'a str,
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    /// The permissions of its directory, in octal.
    pub(crate) perms: &'a str,
    /// Whether it gets the tag by which the driver knows its own.
    pub(crate) tagged: bool,
}

fn access_point(found: &Value) -> AccessPoint {
    let (key, value) = TAG;
    let mut tags = found["Tags"].as_array().into_iter().flatten();
    AccessPoint {
        id: text(found, "/AccessPointId").to_owned(),
        path: text(found, "/RootDirectory/Path").to_owned(),
        uid: found["PosixUser"]["Uid"].as_u64().unwrap_or_default(),
        gid: found["PosixUser"]["Gid"].as_u64().unwrap_or_default(),
        is_the_drivers: tags.any(|tag| tag["Key"] == key && tag["Value"] == value),
    }
}
