//! Files of other tools that name file systems: what Terraform, `CloudFormation` and ACK say of what
//! they made.

use ::inputs::{Problem, plain};
use serde_json::Value;

use super::source::{Source, Tool};
use super::states;
use crate::ids::FileSystemId;

/// The file systems that a file names, whichever tool wrote it.
///
/// # Errors
/// What the file is instead, and what to give.
pub fn sources(text: &str) -> Result<Vec<Source>, Problem> {
    let json: Option<Value> = serde_json::from_str(text).ok();
    let all = match &json {
        Some(Value::Object(file)) if file.contains_key("encrypted_data") => {
            return Err(Problem::new(
                "it is an encrypted state of OpenTofu",
                "give what `tofu show -json` prints",
            ));
        }
        Some(file @ Value::Object(_)) if states::is_state(file) => states::sources(file)?,
        Some(file) if is_stack(file) => of_stack(file),
        _ => of_manifests(json.as_ref(), text)?,
    };
    if all.is_empty() {
        return Err(Problem::new(
            "it names no EFS file system",
            "give the file of what made it, or the id by `--file-system-id`",
        ));
    }
    Ok(all)
}

/// What `aws cloudformation describe-stack-resources` and `list-stack-resources` print.
fn is_stack(file: &Value) -> bool {
    ["StackResources", "StackResourceSummaries"].iter().any(|name| file[*name].is_array())
}

fn of_stack(file: &Value) -> Vec<Source> {
    let all = ["StackResources", "StackResourceSummaries"].into_iter();
    let all = all.flat_map(|name| file[name].as_array().into_iter().flatten());
    let of_one = |resource: &Value| {
        let text = |name: &str| resource[name].as_str();
        if text("ResourceType") != Some("AWS::EFS::FileSystem") {
            return None;
        }
        let id = FileSystemId::try_from(text("PhysicalResourceId")?).ok()?;
        // `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID`
        let region = text("StackId").and_then(|arn| arn.split(':').nth(3)).map(str::to_owned);
        let stack = text("StackName").unwrap_or("?");
        let address = format!("{stack}/{}", text("LogicalResourceId").unwrap_or("?"));
        Some(Source { tool: Tool::CloudFormation, id, region, addresses: vec![address] })
    };
    all.filter_map(of_one).collect()
}

/// Manifests of ACK, one or several, as `kubectl get -o yaml` and `-o json` print them.
fn of_manifests(json: Option<&Value>, text: &str) -> Result<Vec<Source>, Problem> {
    let documents: Vec<Value> = if let Some(file) = json {
        vec![file.clone()]
    } else {
        let parts = text.split("\n---").map(str::trim).filter(|part| !part.is_empty());
        let read = parts.map(|part| kubernetes::yaml::read(part).map_err(|why| not_known(&why)));
        read.collect::<Result<_, _>>()?
    };
    let mut all = Vec::new();
    for document in documents.iter().flat_map(items) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let api = text(&document["apiVersion"]);
        if api.starts_with("eksctl.io/") {
            return Err(Problem::new(
                "it is a ClusterConfig of eksctl, which names no file system",
                "give `--tag alpha.eksctl.io/cluster-name=NAME`, or the id by `--file-system-id`",
            ));
        }
        let resources = document["Resources"].as_object();
        if resources.is_some_and(|all| all.values().any(|it| it["Type"] == "AWS::EFS::FileSystem"))
        {
            return Err(Problem::new(
                "it is a template of CloudFormation, which has no ids",
                "give what `aws cloudformation describe-stack-resources --stack-name NAME` prints",
            ));
        }
        if !api.starts_with("efs.services.k8s.aws/") || document["kind"] != "FileSystem" {
            continue;
        }
        let metadata = &document["metadata"];
        let name = format!("{}/{}", text(&metadata["namespace"]), text(&metadata["name"]));
        let status = &document["status"];
        let Ok(id) = FileSystemId::try_from(text(&status["fileSystemID"])) else {
            return Err(Problem::new(
                format!("the FileSystem `{}` has no `status.fileSystemID`", plain(&name)),
                "give what `kubectl get filesystems.efs.services.k8s.aws NAME -o yaml` prints",
            ));
        };
        let region = status["ackResourceMetadata"]["region"].as_str().map(str::to_owned);
        all.push(Source { tool: Tool::Ack, id, region, addresses: vec![name] });
    }
    Ok(all)
}

/// The objects of a list, or the one that it is.
fn items(document: &Value) -> Vec<&Value> {
    match (&document["kind"], document["items"].as_array()) {
        (Value::String(kind), Some(items)) if kind.ends_with("List") => items.iter().collect(),
        _ => vec![document],
    }
}

fn not_known(why: &dyn std::fmt::Display) -> Problem {
    Problem::new(
        format!("it is neither JSON nor YAML: {}", plain(&why.to_string())),
        "give what `terraform show -json` prints, a state file of Terraform, what `aws \
         cloudformation describe-stack-resources` prints, or a manifest of ACK",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stacks_and_manifests_name_their_file_systems() {
        let stack = json!({ "StackResources": [
            { "StackName": "storage", "LogicalResourceId": "Shared",
              "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/storage/1",
              "PhysicalResourceId": "fs-00000001", "ResourceType": "AWS::EFS::FileSystem" },
            { "StackName": "storage", "LogicalResourceId": "Target",
              "PhysicalResourceId": "fsmt-00000001", "ResourceType": "AWS::EFS::MountTarget" },
        ] });
        let [one] = sources(&stack.to_string()).unwrap().try_into().unwrap();
        assert_eq!((one.id.as_str(), one.region.as_deref()), ("fs-00000001", Some("eu-west-1")));
        assert_eq!(one.addresses, ["storage/Shared"]);
        let manifest = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n\
            apiVersion: efs.services.k8s.aws/v1alpha1\nkind: FileSystem\n\
            metadata: {name: shared, namespace: storage}\n\
            status: {fileSystemID: fs-00000002, ackResourceMetadata: {region: eu-west-2}}\n";
        let [one] = sources(manifest).unwrap().try_into().unwrap();
        assert_eq!((one.id.as_str(), one.tool), ("fs-00000002", Tool::Ack));
        assert_eq!(one.region.as_deref(), Some("eu-west-2"));
    }

    #[test]
    fn what_names_none_is_told_with_what_to_give() {
        for (text, told) in [
            ("{}", "it names no EFS file system"),
            ("[1]", "it names no EFS file system"),
            ("{\"encrypted_data\": \"x\"}", "encrypted state"),
            ("Resources: {A: {Type: 'AWS::EFS::FileSystem'}}", "template of CloudFormation"),
            ("apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\n", "ClusterConfig of eksctl"),
            (
                "apiVersion: efs.services.k8s.aws/v1alpha1\nkind: FileSystem\nmetadata: {name: a}\n",
                "has no `status.fileSystemID`",
            ),
            ("a: [", "neither JSON nor YAML"),
            (r#"{"version": 3, "modules": []}"#, "a state of version 3"),
            (r#"{"format_version": "1.0"}"#, "the state is empty"),
        ] {
            let problem = sources(text).unwrap_err();
            assert!(problem.message.contains(told), "{text}: {}", problem.message);
            assert!(!problem.remedy.is_empty());
        }
    }
}
