//! Whole lives of a deployment outside of the partition `aws`: sovereign cloud, China, `GovCloud` and
//! the isolated regions, each with the policy that is rendered for it and no other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::{Aws, Ran, World};

/// A region, its partition, and what the DNS names of its services end with (`partitions.json` of
/// botocore 1.43.11).
const REGIONS: [Region; 7] = [
    ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
    ("us-iso-east-1", "aws-iso", "c2s.ic.gov"),
    ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov"),
];

const IRSA: &[&str] = &["--driver-identity=irsa", "--oidc-provider=create"];
const POD_IDENTITY: &[&str] = &["--driver-identity=pod-identity", "--helm-chart-version=4.4.1"];

/// The access key of the account's root user.
const ROOT: &str = "root";

type Region = (&'static str, &'static str, &'static str);

/// An account of one partition, whose only other caller has the rendered policy.
struct Abroad {
    world: World,
    args: Vec<String>,
    partition: &'static str,
    suffix: &'static str,
}

impl Abroad {
    fn new((region, partition, suffix): Region, identity: &[&str]) -> Abroad {
        let mut world = World::new();
        let own = [format!("--var=region={region}"), "--nfs-client-cidr=10.0.0.0/16".to_owned()];
        let args: Vec<String> =
            own.into_iter().chain(identity.iter().map(|arg| (*arg).to_owned())).collect();
        let all: Vec<&str> = args.iter().map(String::as_str).collect();
        let policy = world.xtask(&[&["render", "--iam", "operator"], &all[..]].concat());
        let policy = policy.exits(0).json();
        assert!(!policy.to_string().contains("arn:aws:"), "{partition}: {policy:#}");
        let file = world.path().join("iam.json");
        let principals = json!({
            "sandbox": {
                "arn": format!("arn:{partition}:iam::111122223333:user/operator"),
                "policies": [policy],
            },
            ROOT: { "arn": format!("arn:{partition}:iam::111122223333:root") },
        });
        std::fs::write(&file, json!({ "principals": principals }).to_string()).unwrap();
        world.set("CLOCKWORK_SANDBOX_ENFORCE_IAM", "true");
        world.set("CLOCKWORK_SANDBOX_IAM_FILE", file.display());
        Abroad { world, args, partition, suffix }
    }

    fn run(&self, command: &str, more: &[&str]) -> Ran {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        self.world.run(command, &[&args, more].concat()).exits(0)
    }

    /// From nothing to a deployment that is found complete, and back to nothing.
    fn live(&self, by_role: fn(&Abroad, &Value, &Aws)) {
        let made = self.run("deploy-efs", &[]).json();
        let dns = made["outputs"]["file_system_dns_name"].as_str().unwrap();
        assert!(dns.ends_with(&format!(".{}", self.suffix)), "{dns}");
        for again in ["plan-efs", "status"] {
            let found = self.run(again, &[]);
            let of_aws = found.stdout.contains("arn:aws:");
            assert!(!of_aws, "{}: {}", self.partition, found.stdout);
            if again == "plan-efs" {
                assert_eq!(found.json()["changes"], 0, "{}: {}", self.partition, found.stdout);
            }
        }
        by_role(self, &made, &self.world.aws());
        self.run("destroy-efs", &["--yes"]);
        assert_eq!(self.run("destroy-efs", &["--yes"]).json()["changed"], 0);
        let aws = self.world.aws();
        let left = ["ListRoles", "ListOpenIDConnectProviders"].map(|it| aws.iam_as(ROOT, it, &[]));
        assert!(!left[0].contains("<RoleName>clockwork-"), "{}", left[0]);
        assert!(!left[1].contains("<Arn>"), "{}", left[1]);
    }

    /// The driver's role, with its trust and its policy as they are.
    fn role(&self, aws: &Aws) -> (String, String) {
        let roles = aws.iam_as(ROOT, "ListRoles", &[]);
        let name = roles.split("<RoleName>").find(|rest| rest.starts_with("clockwork-")).unwrap();
        let name = name.split('<').next().unwrap();
        let policies = aws.iam_as(ROOT, "ListRolePolicies", &[("RoleName", name)]);
        let policy = policies.split("<member>").nth(1).unwrap().split('<').next().unwrap();
        let found = [
            aws.iam_as(ROOT, "GetRole", &[("RoleName", name)]),
            aws.iam_as(ROOT, "GetRolePolicy", &[("RoleName", name), ("PolicyName", policy)]),
        ];
        let found = found.concat();
        let found = percent_encoding::percent_decode_str(&found).decode_utf8().unwrap();
        (format!("arn:{}:iam::111122223333:role/{name}", self.partition), found.into_owned())
    }
}

/// What IAM has of the driver is of the partition, and nothing is of `aws`.
fn of_partition(abroad: &Abroad, made: &Value, aws: &Aws) -> String {
    let (arn, role) = abroad.role(aws);
    assert!(role.contains(&arn), "{arn}: {role}");
    assert!(!role.contains("arn:aws:"), "{}: {role}", abroad.partition);
    let id = made["outputs"]["file_system_id"].as_str().unwrap();
    let file_system = format!("arn:{}:elasticfilesystem:", abroad.partition);
    assert!(role.contains(&file_system) && role.contains(id), "{role}");
    role
}

#[test]
fn a_deployment_lives_in_every_partition_with_the_tokens_of_its_cluster() {
    let live = |region: Region| {
        Abroad::new(region, IRSA).live(|abroad, made, aws| {
            let role = of_partition(abroad, made, aws);
            let arn = format!("arn:{}:iam::111122223333:oidc-provider/oidc.eks.", abroad.partition);
            assert!(role.contains(&arn), "{role}");
            // The audience of tokens is the same in every partition: terraform-aws-eks issue 1704.
            assert!(role.contains(r#":aud":"sts.amazonaws.com""#), "{role}");
            let values = abroad.world.document("values.yaml");
            assert!(values.contains(&format!("arn:{}:iam::", abroad.partition)), "{values}");
        });
    };
    std::thread::scope(|scope| {
        for regions in REGIONS.chunks(2) {
            scope.spawn(move || regions.iter().copied().for_each(live));
        }
    });
}

#[test]
fn a_deployment_lives_in_china_and_govcloud_with_pod_identity() {
    for region in [REGIONS[0], REGIONS[1]] {
        Abroad::new(region, POD_IDENTITY).live(|abroad, made, aws| {
            let role = of_partition(abroad, made, aws);
            // One service principal for all partitions: Amazon EKS User Guide, "EKS Pod Identity".
            assert!(role.contains(r#""Service":"pods.eks.amazonaws.com""#), "{role}");
        });
    }
}
