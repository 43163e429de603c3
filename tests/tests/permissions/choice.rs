//! Which identity the driver gets where nobody says: what the cluster and IAM offer, and why.

use serde_json::{Value, json};
use tests::Clustered;

/// The first chart whose driver takes credentials of EKS Pod Identity is 3.1.1.
const OLD: &str = "2.4.5";
const NEW: &str = "4.4.1";

const AGENT: &str = "eks-pod-identity-agent";
const DAEMON_SETS: &str = "/apis/apps/v1/namespaces/kube-system/daemonsets";

/// What a cluster offers, and what its driver gets.
struct Case {
    chart: &'static str,
    /// Whether the cluster has the EKS Pod Identity Agent, and IAM its OpenID Connect provider.
    offers: (bool, bool),
    /// Whether the plan makes an association, and whether the service account is to name a role.
    gets: (bool, bool),
    /// What the plan says of it, as a note or as a warning.
    said: &'static str,
}

const CASES: [Case; 5] = [
    Case {
        chart: NEW,
        offers: (false, false),
        gets: (false, false),
        said: "the driver has no identity of its own, and claims stay pending unless its node's role \
               allows what it does: the cluster has no EKS Pod Identity Agent",
    },
    Case {
        chart: NEW,
        offers: (false, true),
        gets: (false, true),
        said: "the cluster has no EKS Pod Identity Agent, and IAM has the cluster's OpenID Connect \
               provider",
    },
    Case {
        chart: NEW,
        offers: (true, true),
        gets: (true, false),
        said: "as the cluster has the EKS Pod Identity Agent",
    },
    Case {
        chart: OLD,
        offers: (true, true),
        gets: (false, true),
        said: "the driver of chart 2.4.5 takes no credentials of EKS Pod Identity, and that of chart \
               3.1.1 does, and IAM has the cluster's OpenID Connect provider",
    },
    Case {
        chart: OLD,
        offers: (true, false),
        gets: (false, false),
        said: "the driver of chart 2.4.5 takes no credentials of EKS Pod Identity",
    },
];

/// Another account for the cluster, and the agent and the provider as the case has them.
fn offer(there: &mut Clustered, (agent, provider): (bool, bool)) {
    there.in_worlds("");
    let cluster = there.cluster();
    cluster.delete(&format!("{DAEMON_SETS}/{AGENT}")).unwrap();
    if agent {
        let labels = json!({ "app.kubernetes.io/name": AGENT });
        let container = json!({ "name": "agent", "image": "agent" });
        let daemon_set = json!({
            "metadata": { "name": AGENT },
            "spec": {
                "selector": { "matchLabels": labels },
                "template": {
                    "metadata": { "labels": labels }, "spec": { "containers": [container] },
                },
            },
        });
        cluster.create(DAEMON_SETS, &daemon_set).unwrap();
    }
    if provider {
        let found = there.aws.eks("GET", "clusters/graphscope-dev", None).json();
        let issuer = found["cluster"]["identity"]["oidc"]["issuer"].as_str().unwrap();
        let parameters = [("Url", issuer), ("ClientIDList.member.1", "sts.amazonaws.com")];
        there.aws.iam("CreateOpenIDConnectProvider", &parameters);
    }
}

/// The role that the controller's service account names.
fn annotated(there: &Clustered) -> bool {
    let path = "/api/v1/namespaces/kube-system/serviceaccounts/efs-csi-controller-sa";
    let account = there.cluster().get(path).unwrap();
    account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].is_string()
}

fn associated(there: &Clustered) -> bool {
    let path = "clusters/graphscope-dev/pod-identity-associations";
    let all = there.aws.eks("GET", path, None).json();
    !all["associations"].as_array().unwrap().is_empty()
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_driver_gets_what_the_cluster_offers_and_the_plan_says_why() {
    let mut there = Clustered::quick();
    for Case { chart, offers, gets, said } in CASES {
        offer(&mut there, offers);
        let case = format!("chart {chart}, which offers {offers:?}");
        let (folder, version) = (there.chart_of(chart), format!("--helm-chart-version={chart}"));
        let folder = format!("--helm-chart={folder}");
        let inputs = [folder.as_str(), &version];
        let plan = there.run("plan-efs", &inputs).exits(0).json();
        let told = format!("{}{}", plan["notes"], plan["warnings"]);
        assert!(told.contains(said), "{case}: {plan:#}");
        there.deploy(&inputs);
        assert_eq!((associated(&there), annotated(&there)), gets, "{case}");
        there.nothing_to_do(&inputs);
        let destroyed = there.run("destroy-efs", &[&inputs[..], &["--yes"]].concat()).exits(0);
        assert_ne!(destroyed.json()["changed"], Value::from(0), "{case}");
        assert!(!there.aws.iam("ListRoles", &[]).contains("<RoleName>clockwork-"), "{case}");
        assert!(!associated(&there), "{case}");
    }
}
