//! The add-ons that can be installed: a few of EKS's, with versions that EKS had.

use serde_json::{Value, json};

/// An add-on that EKS offers.
pub(super) struct Offer {
    pub(super) name: &'static str,
    kind: &'static str,
    /// The newest first; the first one is the default of every Kubernetes version.
    pub(super) versions: &'static [&'static str],
    /// Its service accounts, each with path and name of the managed policy that EKS recommends
    /// for it.
    pub(super) accounts: &'static [(&'static str, &'static str)],
    pub(super) namespace: &'static str,
}

/// The Kubernetes versions that all offers fit.
pub(super) const KUBERNETES: [&str; 5] = ["1.30", "1.31", "1.32", "1.33", "1.34"];

/// Some of EKS's add-ons. `v1.5.8-eksbuild.1`, `v1.7.6-eksbuild.2` and `v2.1.4-eksbuild.1`
/// of the EFS driver are versions that EKS's own workshop and others' listings show; the
/// driver's policy is the one that "Store an elastic file system with Amazon EFS" names.
pub(super) const OFFERS: [Offer; 5] = [
    Offer {
        name: "aws-efs-csi-driver",
        kind: "storage",
        versions: &[
            "v2.1.7-eksbuild.1",
            "v2.1.4-eksbuild.1",
            "v1.7.6-eksbuild.2",
            "v1.5.8-eksbuild.1",
        ],
        accounts: &[
            ("efs-csi-controller-sa", "/service-role/AmazonEFSCSIDriverPolicy"),
            ("efs-csi-node-sa", "/service-role/AmazonEFSCSIDriverPolicy"),
        ],
        namespace: "kube-system",
    },
    Offer {
        name: "eks-pod-identity-agent",
        kind: "security",
        versions: &["v1.3.4-eksbuild.1"],
        accounts: &[],
        namespace: "kube-system",
    },
    Offer {
        name: "vpc-cni",
        kind: "networking",
        versions: &["v1.19.2-eksbuild.1"],
        accounts: &[("aws-node", "/AmazonEKS_CNI_Policy")],
        namespace: "kube-system",
    },
    Offer {
        name: "coredns",
        kind: "networking",
        versions: &["v1.11.4-eksbuild.2"],
        accounts: &[],
        namespace: "kube-system",
    },
    Offer {
        name: "aws-ebs-csi-driver",
        kind: "storage",
        versions: &["v1.39.0-eksbuild.1"],
        accounts: &[("ebs-csi-controller-sa", "/service-role/AmazonEBSCSIDriverPolicy")],
        namespace: "kube-system",
    },
];

/// An offer by its name.
pub(super) fn offer(name: &str) -> Option<&'static Offer> {
    OFFERS.iter().find(|offer| offer.name == name)
}

impl Offer {
    /// As `DescribeAddonVersions` lists it, for all Kubernetes versions or one.
    pub(super) fn describe(&self, kubernetes: Option<&str>) -> Value {
        let fitting =
            KUBERNETES.iter().filter(|version| kubernetes.is_none_or(|wanted| wanted == **version));
        let versions: Vec<Value> = self
            .versions
            .iter()
            .enumerate()
            .map(|(n, version)| {
                let compatibilities: Vec<Value> = fitting
                    .clone()
                    .map(|kubernetes| {
                        json!({
                            "clusterVersion": kubernetes,
                            "platformVersions": ["*"],
                            "defaultVersion": n == 0,
                        })
                    })
                    .collect();
                json!({
                    "addonVersion": version,
                    "architecture": ["amd64", "arm64"],
                    "computeTypes": ["ec2"],
                    "compatibilities": compatibilities,
                    "requiresConfiguration": false,
                    "requiresIamPermissions": !self.accounts.is_empty(),
                })
            })
            .collect();
        json!({
            "addonName": self.name,
            "type": self.kind,
            "addonVersions": versions,
            "publisher": "eks",
            "owner": "aws",
            "defaultNamespace": self.namespace,
        })
    }

    /// The schema of its configuration values: JSON Schema, draft 6, as EKS gives it. The
    /// members of the EFS driver are those of its chart that the add-on passes on.
    pub(super) fn schema(&self) -> Value {
        let object = || json!({ "type": "object" });
        let pods = json!({
            "affinity": object(),
            "nodeSelector": { "type": "object", "additionalProperties": { "type": "string" } },
            "podAnnotations": { "type": "object", "additionalProperties": { "type": "string" } },
            "resources": object(),
            "tolerations": { "type": "array", "items": object() },
        });
        let with = |more: Value| {
            let mut properties = pods.clone();
            if let (Value::Object(all), Value::Object(more)) = (&mut properties, more) {
                all.extend(more);
            }
            json!({ "type": "object", "additionalProperties": false, "properties": properties })
        };
        let properties = match self.name {
            "aws-efs-csi-driver" => json!({
                "controller": { "$ref": "#/definitions/Controller" },
                "node": { "$ref": "#/definitions/Node" },
                "sidecars": object(),
                "useFIPS": { "type": "boolean" },
            }),
            _ => pods.clone(),
        };
        let definitions = match self.name {
            "aws-efs-csi-driver" => json!({
                "Controller": with(json!({
                    "deleteAccessPointRootDir": { "type": "boolean" },
                    "logLevel": { "type": "integer", "minimum": 1, "maximum": 5 },
                    "replicaCount": { "type": "integer", "minimum": 1 },
                    "tags": { "type": "object", "additionalProperties": { "type": "string" } },
                    "volMetricsOptIn": { "type": "boolean" },
                })),
                "Node": with(json!({
                    "logLevel": { "type": "integer", "minimum": 1, "maximum": 5 },
                    "volMetricsOptIn": { "type": "boolean" },
                    "volMetricsRefreshPeriod": { "type": "integer" },
                })),
            }),
            _ => json!({}),
        };
        // EKS's schemas refer to definitions, the whole to the first of them.
        let mut definitions = definitions;
        definitions["Addon"] = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
        });
        json!({
            "$ref": "#/definitions/Addon",
            "$schema": "http://json-schema.org/draft-06/schema#",
            "definitions": definitions,
        })
    }
}
