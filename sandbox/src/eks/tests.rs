//! EKS's rules as its users meet them.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use serde_json::{Value, json};

use crate::testing::{Aws, Reply};

const ADDONS: &str = "/clusters/graphscope-dev/addons";
const DRIVER: &str = "/clusters/graphscope-dev/addons/aws-efs-csi-driver";
const ASSOCIATIONS: &str = "/clusters/graphscope-dev/pod-identity-associations";
const ROLE: &str = "arn:aws:iam::111122223333:role/efs";
const PODS: &str = "pods.eks.amazonaws.com";

/// Makes a role that pods may have, or that nobody in EKS may.
fn role(aws: &Aws, name: &str, service: &str) {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }] });
    aws.iam(&[
        ("Action", "CreateRole"),
        ("RoleName", name),
        ("AssumeRolePolicyDocument", &trust.to_string()),
    ])
    .ok();
}

/// A sandbox with the role, and another one.
fn with_roles() -> Aws {
    let aws = Aws::new();
    role(&aws, "efs", PODS);
    role(&aws, "efs-2", PODS);
    aws
}

fn get(aws: &Aws, path: &str) -> Reply {
    aws.eks("GET", path, &Value::Null)
}

fn status(aws: &Aws) -> Value {
    get(aws, DRIVER).ok().json()["addon"]["status"].clone()
}

#[test]
fn the_cluster_of_the_seed_is_described_with_its_network_and_its_issuer() {
    let mut aws = Aws::new();
    let describe = |aws: &Aws| get(aws, "/clusters/graphscope-dev").ok().json()["cluster"].clone();
    let cluster = describe(&aws);
    assert_eq!(cluster["status"], "ACTIVE");
    assert_eq!(cluster["arn"], "arn:aws:eks:eu-west-1:111122223333:cluster/graphscope-dev");
    let network = &cluster["resourcesVpcConfig"];
    assert_eq!(network["vpcId"], "vpc-0c0dec00000000001");
    assert_eq!(network["clusterSecurityGroupId"], "sg-0c0dec00000000001");
    assert_eq!(network["subnetIds"].as_array().unwrap().len(), 7);
    let issuer = cluster["identity"]["oidc"]["issuer"].as_str().unwrap();
    assert!(issuer.starts_with("https://oidc.eks.eu-west-1.amazonaws.com/id/"), "{issuer}");
    assert!(
        cluster["certificateAuthority"]["data"].as_str().unwrap().starts_with("LS0tLS1CRUdJTi")
    );
    assert_eq!(get(&aws, "/clusters").ok().json()["clusters"], json!(["graphscope-dev"]));
    let message = get(&aws, "/clusters/none").rejected(404, "ResourceNotFoundException");
    assert_eq!(message, "No cluster found for name: none.");
    aws.region = "us-east-1";
    assert_ne!(describe(&aws)["endpoint"], cluster["endpoint"], "a region is known by it");
}

#[test]
fn a_cluster_can_be_described_as_it_really_is() {
    let aws = Aws::new();
    let real = json!({ "name": "graphscope-dev", "endpoint": "https://127.0.0.1:6443", "certificateAuthority": "Q0E=", "status": "CREATING" });
    aws.own("seed/eu-west-1", &json!({ "Clusters": [real] })).ok();
    let cluster = get(&aws, "/clusters/graphscope-dev").ok().json()["cluster"].clone();
    assert_eq!(cluster["endpoint"], "https://127.0.0.1:6443");
    assert_eq!(cluster["resourcesVpcConfig"]["vpcId"], "vpc-0c0dec00000000001", "the rest stays");
    aws.eks("POST", ADDONS, &json!({ "addonName": "coredns" }))
        .rejected(400, "InvalidRequestException");
}

#[test]
fn an_add_on_is_created_updated_and_deleted_over_time() {
    let aws = with_roles();
    let body = json!({ "addonName": "aws-efs-csi-driver", "addonVersion": "v2.1.4-eksbuild.1", "serviceAccountRoleArn": ROLE });
    aws.eks("POST", ADDONS, &body).ok();
    assert_eq!(status(&aws), "CREATING");
    aws.eks("POST", ADDONS, &body).rejected(409, "ResourceInUseException");
    let early = json!({ "addonVersion": "v2.1.7-eksbuild.1" });
    aws.eks("POST", &format!("{DRIVER}/update"), &early).rejected(409, "ResourceInUseException");
    aws.wait(1000);
    assert_eq!(status(&aws), "ACTIVE");
    let update = aws.eks("POST", &format!("{DRIVER}/update"), &early).ok().json()["update"].clone();
    assert_eq!((&update["status"], &update["type"]), (&json!("InProgress"), &json!("AddonUpdate")));
    assert_eq!(status(&aws), "UPDATING");
    aws.wait(1000);
    let path = format!("/clusters/graphscope-dev/updates/{}", update["id"].as_str().unwrap());
    assert_eq!(get(&aws, &path).ok().json()["update"]["status"], "Successful");
    let addon = get(&aws, DRIVER).ok().json()["addon"].clone();
    assert_eq!(
        (&addon["status"], &addon["addonVersion"]),
        (&json!("ACTIVE"), &json!("v2.1.7-eksbuild.1"))
    );
    assert_eq!(
        addon["serviceAccountRoleArn"],
        Value::Null,
        "a role that is not given is taken away"
    );
    assert_eq!(get(&aws, ADDONS).ok().json()["addons"], json!(["aws-efs-csi-driver"]));
    aws.eks("DELETE", DRIVER, &Value::Null).ok();
    assert_eq!(status(&aws), "DELETING");
    aws.wait(1000);
    let message = get(&aws, DRIVER).rejected(404, "ResourceNotFoundException");
    assert_eq!(message, "No addon: aws-efs-csi-driver found in cluster: graphscope-dev");
}

#[test]
fn an_add_on_that_cannot_be_is_refused() {
    let aws = with_roles();
    for (body, code, said) in [
        (json!({}), "InvalidParameterException", "is not supported in 1.33 kubernetes version"),
        (json!({ "addonName": "made-up" }), "InvalidParameterException", "Addon made-up specified"),
        (
            json!({ "addonName": "coredns", "addonVersion": "v0" }),
            "InvalidParameterException",
            "Addon version specified is not supported",
        ),
        (
            json!({ "addonName": "coredns", "resolveConflicts": "FIGHT" }),
            "InvalidParameterException",
            "FIGHT",
        ),
        (
            json!({ "addonName": "aws-efs-csi-driver", "serviceAccountRoleArn": "efs" }),
            "InvalidParameterException",
            "Invalid role ARN",
        ),
        (
            json!({ "addonName": "aws-efs-csi-driver", "configurationValues": "{\"nodeSelector\":{}}" }),
            "InvalidParameterException",
            "Json schema validation failed with error: [$.nodeSelector: is not defined in the schema and the schema does not allow additional properties]",
        ),
        (
            json!({ "addonName": "aws-efs-csi-driver", "podIdentityAssociations": [{ "serviceAccount": "other", "roleArn": ROLE }] }),
            "InvalidParameterException",
            "The service account other",
        ),
    ] {
        let message = aws.eks("POST", ADDONS, &body).rejected(400, code);
        assert!(message.contains(said), "{body}: {message}");
    }
}

#[test]
fn a_configuration_is_yaml_in_any_style_or_json() {
    for (values, code) in [
        ("controller:\n  replicaCount: 2\n", None),
        ("{controller: {replicaCount: 2}}", None),
        ("{\"controller\": {\"replicaCount\": 2}}", None),
        ("\n ", None),
        ("nodeSelector: {}", Some("is not defined in the schema")),
        ("controller", Some("string found, object expected")),
        (" {\"controller\":", Some("neither YAML nor JSON")),
        ("[1", Some("neither YAML nor JSON")),
    ] {
        let body = json!({ "addonName": "aws-efs-csi-driver", "configurationValues": values });
        let created = Aws::new().eks("POST", ADDONS, &body);
        match code {
            None => {
                let addon = created.ok();
                assert_eq!(addon.json()["addon"]["configurationValues"], values);
            }
            Some(said) => {
                let message = created.rejected(400, "InvalidParameterException");
                assert!(message.contains(said), "{values}: {message}");
            }
        }
    }
    let body = json!({ "addonName": "aws-efs-csi-driver", "configurationValues": "a: !!str 1" });
    let tagged = Aws::new().eks("POST", ADDONS, &body);
    assert_eq!((tagged.status, &tagged.error_type), (501, &None), "{}", tagged.body);
}

#[test]
fn an_add_on_meets_what_was_installed_by_other_means() {
    let aws = Aws::new();
    let mine = json!({ "name": "graphscope-dev", "selfManaged": ["aws-efs-csi-driver"] });
    aws.own("seed/eu-west-1", &json!({ "Clusters": [mine] })).ok();
    aws.eks("POST", ADDONS, &json!({ "addonName": "aws-efs-csi-driver" })).ok();
    aws.wait(1000);
    let addon = get(&aws, DRIVER).ok().json()["addon"].clone();
    assert_eq!(addon["status"], "CREATE_FAILED");
    assert_eq!(addon["health"]["issues"][0]["code"], "ConfigurationConflict");
    aws.eks("DELETE", DRIVER, &Value::Null).ok();
    aws.wait(1000);
    aws.eks(
        "POST",
        ADDONS,
        &json!({ "addonName": "aws-efs-csi-driver", "resolveConflicts": "OVERWRITE" }),
    )
    .ok();
    aws.wait(1000);
    assert_eq!(status(&aws), "ACTIVE");
}

#[test]
fn an_update_meets_what_somebody_changed_and_pods_that_do_not_run_are_told() {
    let aws = Aws::new();
    let seed = |members: Value| {
        let mut cluster = json!({ "name": "graphscope-dev" });
        cluster.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        aws.own("seed/eu-west-1", &json!({ "Clusters": [cluster] })).ok();
    };
    let update = |resolve: &str| {
        let body = json!({ "addonVersion": "v2.1.4-eksbuild.1", "resolveConflicts": resolve });
        let update = aws.eks("POST", &format!("{DRIVER}/update"), &body).ok().json();
        aws.wait(1000);
        let id = update["update"]["id"].as_str().unwrap().to_owned();
        get(&aws, &format!("/clusters/graphscope-dev/updates/{id}")).ok().json()["update"].clone()
    };
    let shown = || get(&aws, DRIVER).ok().json()["addon"].clone();
    aws.eks("POST", ADDONS, &json!({ "addonName": "aws-efs-csi-driver" })).ok();
    aws.wait(1000);
    seed(json!({ "selfManaged": ["aws-efs-csi-driver"] }));
    let failed = update("NONE");
    assert_eq!(failed["status"], "Failed");
    assert_eq!(failed["errors"][0]["errorCode"], "ConfigurationConflict");
    assert_eq!(shown()["status"], "UPDATE_FAILED");
    assert_eq!(shown()["addonVersion"], "v2.1.7-eksbuild.1", "nothing was updated");
    assert_eq!(update("OVERWRITE")["status"], "Successful");
    assert_eq!(shown()["status"], "ACTIVE");
    assert_eq!(update("NONE")["status"], "Successful", "EKS has set the fields");

    seed(json!({ "withoutReplicas": ["aws-efs-csi-driver"] }));
    assert_eq!(shown()["status"], "DEGRADED");
    assert_eq!(shown()["health"]["issues"][0]["code"], "InsufficientNumberOfReplicas");
    seed(json!({ "withoutReplicas": [] }));
    assert_eq!(shown()["status"], "ACTIVE");
}

#[test]
fn versions_and_configurations_are_offered() {
    let aws = Aws::new();
    let offers =
        get(&aws, "/addons/supported-versions?addonName=aws-efs-csi-driver&kubernetesVersion=1.33")
            .ok()
            .json();
    let version = &offers["addons"][0]["addonVersions"][0];
    assert_eq!(
        version["compatibilities"][0],
        json!({ "clusterVersion": "1.33", "platformVersions": ["*"], "defaultVersion": true })
    );
    let path = format!(
        "/addons/configuration-schemas?addonName=aws-efs-csi-driver&addonVersion={}",
        version["addonVersion"].as_str().unwrap()
    );
    let configuration = get(&aws, &path).ok().json();
    let schema: Value =
        serde_json::from_str(configuration["configurationSchema"].as_str().unwrap()).unwrap();
    let controller = &schema["definitions"]["Addon"]["properties"]["controller"];
    assert_eq!(controller["$ref"], "#/definitions/Controller");
    let policies = &configuration["podIdentityConfiguration"][0]["recommendedManagedPolicies"];
    assert_eq!(policies[0], "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy");
    let first = get(&aws, "/addons/supported-versions?maxResults=2").ok().json();
    assert_eq!(first["addons"].as_array().unwrap().len(), 2);
    let next = first["nextToken"].as_str().unwrap();
    let rest = get(&aws, &format!("/addons/supported-versions?nextToken={next}")).ok().json();
    assert_eq!(rest["addons"].as_array().unwrap().len(), 3);
    let elsewhere = format!("/addons/supported-versions?kubernetesVersion=1.33&nextToken={next}");
    for made_up in [
        "/addons/supported-versions?nextToken=banana",
        "/addons/supported-versions?nextToken=coredns",
        &elsewhere,
    ] {
        get(&aws, made_up).rejected(400, "InvalidParameterException");
    }
    get(&aws, "/addons/supported-versions?addonName=none")
        .rejected(404, "ResourceNotFoundException");
}

#[test]
fn a_service_account_has_one_association() {
    let aws = with_roles();
    let body = json!({ "namespace": "kube-system", "serviceAccount": "efs-csi-controller-sa", "roleArn": ROLE, "tags": { "a": "1" }, "clientRequestToken": "t" });
    let made = aws.eks("POST", ASSOCIATIONS, &body).ok().json()["association"].clone();
    let id = made["associationId"].as_str().unwrap().to_owned();
    let again = aws.eks("POST", ASSOCIATIONS, &body).ok().json();
    assert_eq!(again["association"]["associationId"], json!(id), "a token makes one");
    let mut other = body.clone();
    other["clientRequestToken"] = json!("u");
    let message = aws.eks("POST", ASSOCIATIONS, &other).rejected(409, "ResourceInUseException");
    assert_eq!(message, format!("Association already exists: {id}"));
    let path = format!("{ASSOCIATIONS}/{id}");
    aws.eks("POST", &path, &json!({ "roleArn": format!("{ROLE}-2") })).ok();
    assert_eq!(get(&aws, &path).ok().json()["association"]["roleArn"], json!(format!("{ROLE}-2")));
    let listed = get(&aws, &format!("{ASSOCIATIONS}?namespace=kube-system")).ok().json();
    assert_eq!(listed["associations"][0]["associationId"], json!(id));
    assert_eq!(
        get(&aws, &format!("{ASSOCIATIONS}?namespace=other")).ok().json()["associations"],
        json!([])
    );
    aws.eks("DELETE", &path, &Value::Null).ok();
    get(&aws, &path).rejected(404, "ResourceNotFoundException");
    for (member, value) in
        [("roleArn", json!("x")), ("namespace", json!("Kube")), ("serviceAccount", Value::Null)]
    {
        let mut wrong = body.clone();
        wrong[member] = value;
        aws.eks("POST", ASSOCIATIONS, &wrong).rejected(400, "InvalidParameterException");
    }
}

#[test]
fn a_role_must_exist_and_trust_eks() {
    let aws = Aws::new();
    let associate = |role: &str| {
        let body = json!({ "namespace": "kube-system", "serviceAccount": "a", "roleArn": role });
        aws.eks("POST", ASSOCIATIONS, &body)
    };
    let add = |role: &str| {
        let body = json!({ "addonName": "aws-efs-csi-driver", "serviceAccountRoleArn": role });
        aws.eks("POST", ADDONS, &body)
    };
    let missing = "Role provided in the request does not exist.";
    assert_eq!(associate(ROLE).rejected(400, "InvalidParameterException"), missing);
    assert_eq!(add(ROLE).rejected(400, "InvalidParameterException"), missing);
    role(&aws, "efs", "ec2.amazonaws.com");
    let untrusting = associate(ROLE).rejected(400, "InvalidParameterException");
    assert_eq!(untrusting, "Trust policy of the role provided is invalid");
    add(ROLE).ok();
    role(&aws, "pods", PODS);
    associate(&ROLE.replace("efs", "pods")).ok();
}

#[test]
fn an_add_ons_associations_live_with_it() {
    let aws = with_roles();
    let body = json!({ "addonName": "aws-efs-csi-driver", "podIdentityAssociations": [{ "serviceAccount": "efs-csi-controller-sa", "roleArn": ROLE }] });
    aws.eks("POST", ADDONS, &body).ok();
    aws.wait(1000);
    let addon = get(&aws, DRIVER).ok().json()["addon"].clone();
    let listed = get(&aws, ASSOCIATIONS).ok().json()["associations"][0].clone();
    assert_eq!(listed["ownerArn"], addon["addonArn"]);
    assert_eq!(addon["podIdentityAssociations"], json!([listed["associationArn"]]));
    let path = format!("{ASSOCIATIONS}/{}", listed["associationId"].as_str().unwrap());
    aws.eks("DELETE", &path, &Value::Null).rejected(400, "InvalidRequestException");
    aws.eks("DELETE", DRIVER, &Value::Null).ok();
    aws.wait(1000);
    assert_eq!(get(&aws, ASSOCIATIONS).ok().json()["associations"], json!([]));
}

#[test]
fn tags_are_read_and_changed_by_arn() {
    let aws = Aws::new();
    let path = "/tags/arn:aws:eks:eu-west-1:111122223333:cluster%2Fgraphscope-dev";
    aws.eks("POST", path, &json!({ "tags": { "a": "1", "b": "2" } })).ok();
    aws.eks("DELETE", &format!("{path}?tagKeys=a"), &Value::Null).ok();
    assert_eq!(get(&aws, path).ok().json()["tags"], json!({ "b": "2" }));
    get(&aws, "/tags/arn:aws:eks:eu-west-1:111122223333:cluster%2Fnone")
        .rejected(404, "NotFoundException");
    let unserved = aws.eks("POST", "/clusters", &json!({ "name": "x" }));
    assert_eq!((unserved.status, &unserved.error_type), (501, &None), "{}", unserved.body);
}
