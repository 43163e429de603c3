//! Which accounts, regions and clusters belong together: a table of places.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use place::{
    Access, Caller, Choice, EksCluster, Evidence, TokenPlugin, Verdict, Wanted, certificates, judge,
};
use plan::{Action, Change, Plan, Scope};

const SERVER: &str = "https://0C0DEC.gr7.eu-west-1.eks.amazonaws.com";
const PEM: &str = "-----BEGIN CERTIFICATE-----\nTUlJ\nQw==\n-----END CERTIFICATE-----\n";
const OTHER_PEM: &str = "-----BEGIN CERTIFICATE-----\nT3RoZXI=\n-----END CERTIFICATE-----\n";

fn wanted(region: &str) -> Wanted {
    Wanted { region: region.to_owned(), cluster: "prod".to_owned(), account: None }
}

fn caller(account: &str) -> Caller {
    Caller { account: account.to_owned(), arn: format!("arn:aws:iam::{account}:user/ci") }
}

/// A context by its name, which leads to a server.
fn context(name: &str, server: &str) -> Access {
    Access {
        context: Some(name.to_owned()),
        server: server.to_owned(),
        certificates: certificates(PEM),
        ..Access::default()
    }
}

/// Nothing but the context: EKS may not be called.
fn alone(access: Access) -> Evidence {
    Evidence {
        caller: Ok(caller("111122223333")),
        access: Some(access),
        described: Err("AccessDeniedException".to_owned()),
        token_caller: None,
    }
}

/// EKS says where the cluster is.
fn described(access: Access, endpoint: &str, authority: &str) -> Evidence {
    let cluster = EksCluster {
        arn: String::new(),
        issuer: None,
        endpoint: endpoint.to_owned(),
        authority: authority.to_owned(),
    };
    Evidence { described: Ok(Some(cluster)), ..alone(access) }
}

fn reasons(verdict: &Verdict) -> String {
    let all: Vec<&str> = verdict.refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
    all.join("\n")
}

#[track_caller]
fn contradicts(verdict: &Verdict, one: &str, other: &str) {
    let reasons = reasons(verdict);
    assert!(reasons.contains(one) && reasons.contains(other), "{one} and {other}: {reasons}");
    assert_eq!(verdict.proof, None);
}

#[test]
fn the_arn_of_a_context_is_compared_whole() {
    // Region, ARN, and what it says that the job does not; nothing where both agree.
    let places = [
        ("eu-west-1", "arn:aws:eks:eu-west-1:111122223333:cluster/prod", None),
        ("eu-west-1", "arn:aws:eks:eu-west-1:111122223333:cluster/dev", Some(("`dev`", "`prod`"))),
        (
            "eu-west-1",
            "arn:aws:eks:eu-west-2:111122223333:cluster/prod",
            Some(("`eu-west-2`", "`eu-west-1`")),
        ),
        (
            "eu-west-1",
            "arn:aws:eks:eu-west-1:444455556666:cluster/prod",
            Some(("`444455556666`", "`111122223333`")),
        ),
        (
            "eu-west-1",
            "arn:aws-cn:eks:eu-west-1:111122223333:cluster/prod",
            Some(("`aws-cn`", "`aws`")),
        ),
        ("cn-north-1", "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod", None),
        (
            "cn-north-1",
            "arn:aws:eks:cn-north-1:111122223333:cluster/prod",
            Some(("`aws`", "`aws-cn`")),
        ),
        ("us-gov-west-1", "arn:aws-us-gov:eks:us-gov-west-1:111122223333:cluster/prod", None),
        (
            "us-gov-west-1",
            "arn:aws-us-gov:eks:us-gov-east-1:111122223333:cluster/prod",
            Some(("`us-gov-east-1`", "`us-gov-west-1`")),
        ),
        ("us-isob-east-1", "arn:aws-iso-b:eks:us-isob-east-1:111122223333:cluster/prod", None),
        ("eusc-de-east-1", "arn:aws-eusc:eks:eusc-de-east-1:111122223333:cluster/prod", None),
    ];
    for (region, arn, contradiction) in places {
        let verdict = judge(&wanted(region), &alone(context(arn, "https://10.0.0.1")));
        match contradiction {
            None => assert!(verdict.proof.is_some(), "{arn}: {verdict:?}"),
            Some((one, other)) => contradicts(&verdict, one, other),
        }
    }
}

#[test]
fn the_arn_of_the_cluster_entry_counts_under_every_alias() {
    let arn = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";
    let aliased = |entry: &str| Access { entry: Some(entry.to_owned()), ..context("p", SERVER) };
    assert!(judge(&wanted("eu-west-1"), &alone(aliased(arn))).proof.is_some());
    let other = arn.replace("prod", "dev");
    contradicts(&judge(&wanted("eu-west-1"), &alone(aliased(&other))), "`dev`", "`prod`");
}

#[test]
fn contexts_of_eksctl_are_compared_and_other_names_say_nothing() {
    let judged =
        |name: &str| judge(&wanted("eu-west-1"), &alone(context(name, "https://10.0.0.1")));
    contradicts(&judged("me@dev.eu-west-1.eksctl.io"), "`dev`", "`prod`");
    contradicts(&judged("a.b@c.d@prod.us-east-1.eksctl.io"), "`us-east-1`", "`eu-west-1`");
    for name in ["me@prod.eu-west-1.eksctl.io", "kind-kind", "arn:aws:eks:eu-west-1", ""] {
        let verdict = judged(name);
        assert_eq!((reasons(&verdict), verdict.proof), (String::new(), None), "{name}");
    }
}

#[test]
fn the_region_of_an_endpoint_is_compared() {
    let regions = [
        ("https://0C0D.gr7.eu-west-1.eks.amazonaws.com", Some("eu-west-1")),
        ("https://0C0D.yl4.cn-north-1.eks.amazonaws.com.cn", Some("cn-north-1")),
        ("https://0C0D.gr7.us-gov-west-1.eks.amazonaws.com:443/", Some("us-gov-west-1")),
        ("https://0C0D.gr7.us-west-2.api.aws", Some("us-west-2")),
        ("https://0C0D.cn-northwest-1.api.amazonwebservices.com.cn", Some("cn-northwest-1")),
        ("https://0C0D.sk1.eusc-de-east-1.eks.amazonaws.eu", Some("eusc-de-east-1")),
        ("https://127.0.0.1:6443", None),
        ("https://eks.amazonaws.com.evil.example", None),
        ("https://api.example.com", None),
    ];
    for (server, region) in regions {
        assert_eq!(place::endpoint_region(server), region, "{server}");
        let verdict = judge(&wanted("ap-south-1"), &alone(context("p", server)));
        match region {
            Some(region) => contradicts(&verdict, &format!("`{region}`"), "`ap-south-1`"),
            None => assert_eq!(reasons(&verdict), ""),
        }
    }
}

fn plugin(command: &str, args: &str, env: &[(&str, &str)]) -> Option<TokenPlugin> {
    let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
    let env: Vec<(String, String)> =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    TokenPlugin::read(command, &args, &env)
}

#[test]
fn the_arguments_of_token_programs_are_read_however_they_are_started() {
    let role = "arn:aws:iam::111122223333:role/x";
    let both = [
        plugin(
            "aws",
            &format!("--region eu-west-1 eks get-token --cluster-name prod --role-arn {role}"),
            &[],
        ),
        plugin(
            "/usr/local/bin/aws",
            &format!("eks get-token --cluster-name=prod --role-arn={role}"),
            &[("AWS_REGION", "eu-west-1")],
        ),
        plugin(
            "aws-iam-authenticator",
            &format!("token -i prod -r {role}"),
            &[("AWS_DEFAULT_REGION", "eu-west-1")],
        ),
        plugin(
            "sh",
            &format!(
                "-c exec aws-iam-authenticator token --cluster-id=prod --role={role} --region=eu-west-1"
            ),
            &[],
        ),
        plugin(
            "aws-vault",
            &format!(
                "exec x -- aws eks get-token --cluster-name prod --region eu-west-1 --role-arn {role}"
            ),
            &[],
        ),
    ];
    for found in both {
        let found = found.unwrap();
        assert_eq!(found.cluster.as_deref(), Some("prod"), "{found:?}");
        assert_eq!(found.region.as_deref(), Some("eu-west-1"), "{found:?}");
        assert_eq!(found.role.as_deref(), Some(role), "{found:?}");
    }
    let by_env =
        plugin("aws", "eks get-token --cluster-name prod", &[("AWS_PROFILE", "a")]).unwrap();
    assert_eq!((by_env.profile.as_deref(), by_env.profile_is_argument), (Some("a"), false));
    let by_flag =
        plugin("aws", "eks get-token --profile b --cluster-name prod", &[("AWS_PROFILE", "a")])
            .unwrap();
    assert_eq!((by_flag.profile.as_deref(), by_flag.profile_is_argument), (Some("b"), true));
    assert_eq!(plugin("gke-gcloud-auth-plugin", "", &[]), None);
    assert_eq!(plugin("aws", "sts get-caller-identity", &[]), None);
}

#[test]
fn the_arguments_of_token_programs_are_compared() {
    let with = |args: &str| Access {
        plugin: plugin("aws", &format!("eks get-token {args}"), &[]),
        ..context("p", "https://10.0.0.1")
    };
    let judged = |args: &str| judge(&wanted("eu-west-1"), &alone(with(args)));
    contradicts(&judged("--cluster-name dev"), "`dev`", "`prod`");
    contradicts(&judged("--cluster-name prod --region us-east-1"), "`us-east-1`", "`eu-west-1`");
    contradicts(&judged("--role-arn arn:aws-cn:iam::111122223333:role/x"), "aws-cn", "`aws`");
    contradicts(
        &judged("--role-arn arn:aws:iam::444455556666:role/x"),
        "`444455556666`",
        "`111122223333`",
    );
    assert_eq!(
        reasons(&judged("--role-arn arn:aws:iam::111122223333:role/x --cluster-name prod")),
        ""
    );

    // Who is admitted to a cluster says nothing against one that is proved.
    let abroad = described(with("--role-arn arn:aws:iam::444455556666:role/x"), SERVER, PEM);
    assert!(judge(&wanted("eu-west-1"), &abroad).proof.is_some());

    // A profile is as good as its account.
    let profile = |token_caller| {
        judge(&wanted("eu-west-1"), &Evidence { token_caller, ..alone(with("--profile admin")) })
    };
    contradicts(
        &profile(Some(Ok(caller("444455556666")))),
        "`admin` of the account `444455556666`",
        "`111122223333`",
    );
    assert_eq!(reasons(&profile(Some(Ok(caller("111122223333"))))), "");
    let unknown = profile(Some(Err("no such profile".to_owned())));
    assert!(unknown.doubts.iter().any(|doubt| doubt.contains("no such profile")), "{unknown:?}");
}

#[test]
fn eks_proves_endpoint_and_certificate_authority() {
    let tunnel = "https://localhost:8443";
    // The server, what EKS says, and whether it is proved, refused, or neither.
    let cases = [
        (SERVER, SERVER, PEM, Some(true)),
        ("https://0c0dec.gr7.eu-west-1.eks.amazonaws.com:443", SERVER, PEM, Some(true)),
        (tunnel, SERVER, PEM, Some(true)),
        (SERVER, "https://F00.gr7.eu-west-1.eks.amazonaws.com", OTHER_PEM, Some(false)),
        (SERVER, SERVER, OTHER_PEM, None),
        (tunnel, SERVER, OTHER_PEM, None),
    ];
    for (server, endpoint, authority, expected) in cases {
        let verdict =
            judge(&wanted("eu-west-1"), &described(context("p", server), endpoint, authority));
        let found = match (&verdict.proof, verdict.refusals.as_slice()) {
            (Some(_), []) => Some(true),
            (None, [_]) => Some(false),
            _ => None,
        };
        assert_eq!(found, expected, "{server} {endpoint}: {verdict:?}");
    }
    // A name is no proof against what EKS says.
    let arn = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";
    let none = Evidence { described: Ok(None), ..alone(context(arn, SERVER)) };
    let verdict = judge(&wanted("eu-west-1"), &none);
    contradicts(&verdict, "EKS has no cluster `prod`", "arn:aws:iam::111122223333:user/ci");
    // Behind a tunnel EKS knows nothing of it, which proves nothing either.
    let none = Evidence { described: Ok(None), ..alone(context("p", "https://localhost:6443")) };
    let verdict = judge(&wanted("eu-west-1"), &none);
    assert_eq!(verdict.proof, None);
    assert!(verdict.unproved().unwrap().text.contains("EKS has no cluster `prod`"), "{verdict:?}");
}

#[test]
fn the_account_of_the_inputs_must_be_that_of_the_credentials() {
    let place = Wanted { account: Some("444455556666".to_owned()), ..wanted("eu-west-1") };
    let directory = Evidence { access: None, ..alone(Access::default()) };
    contradicts(&judge(&place, &directory), "`444455556666`", "arn:aws:iam::111122223333:user/ci");
    let unknown = Evidence { caller: Err("no route".to_owned()), ..directory.clone() };
    contradicts(&judge(&place, &unknown), "`444455556666`", "no route");
    let right = Evidence { caller: Ok(caller("444455556666")), ..directory };
    assert_eq!(reasons(&judge(&place, &right)), "");
    assert!(place::account_id("111122223333").is_ok());
    for wrong in ["", "11112222333", "1111222233334", "11112222333a", "１11122223333"] {
        assert!(place::account_id(wrong).is_err(), "{wrong}");
    }
}

/// A plan that creates, or one that deletes something too.
fn plan_that(deletes: bool) -> Plan<()> {
    let (scope, mut plan) = (Scope::alone("efs"), Plan::default());
    plan.changes.push(Change::new(Action::Create, scope.id("a"), scope.address("a", None)));
    if deletes {
        plan.changes.push(Change::new(Action::Delete, scope.id("b"), scope.address("b", None)));
    }
    plan
}

#[test]
fn what_nothing_proves_is_created_with_a_warning_and_deleted_by_name_only() {
    let verdict = judge(&wanted("eu-west-1"), &alone(context("my prod", "https://10.0.0.1")));
    let guarded = |deletes, choice| {
        let mut plan = plan_that(deletes);
        verdict.guard(&mut plan, choice);
        plan
    };
    let created = guarded(false, Choice::Current);
    assert!(created.refusals.is_empty());
    let warning = &created.warnings[0];
    assert!(warning.text.contains("AccessDeniedException"), "{warning:?}");
    assert!(warning.remedy.contains("allow `eks:DescribeCluster`"), "{warning:?}");
    let deleted = guarded(true, Choice::Current);
    assert!(deleted.refusals[0].reason.contains("module.efs.b"), "{:?}", deleted.refusals);
    assert!(deleted.refusals[0].remedy.contains("--context 'my prod'"), "{:?}", deleted.refusals);
    assert!(guarded(true, Choice::OfFile).refusals[0].remedy.contains("that file alone"));
    let named = guarded(true, Choice::ByName);
    assert!(named.refusals.is_empty() && named.warnings.len() == 1);

    // Inside a pod there is no name but this one.
    let pod = alone(Access { server: "https://10.100.0.1".to_owned(), ..Access::default() });
    let mut plan = plan_that(true);
    judge(&wanted("eu-west-1"), &pod).guard(&mut plan, Choice::Current);
    assert!(plan.refusals[0].remedy.contains("--context in-cluster"), "{:?}", plan.refusals);
}

#[test]
fn a_proved_place_is_shown_and_says_nothing_else() {
    let verdict = judge(&wanted("eu-west-1"), &described(context("p", SERVER), SERVER, PEM));
    let mut plan = plan_that(true);
    verdict.guard(&mut plan, Choice::Current);
    assert!(plan.refusals.is_empty() && plan.warnings.is_empty());
    let shown = &plan.details["places"][0];
    assert_eq!(shown.value["account"], "111122223333");
    assert_eq!(shown.value["cluster"]["name"], "prod");
    let line = shown.line.clone().unwrap();
    for part in ["111122223333", "arn:aws:iam::111122223333:user/ci", "eu-west-1", "`prod`", "`p`"]
    {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

#[test]
fn who_calls_and_how_a_cluster_is_named_leave_the_destination_as_it_is() {
    let of = |session: &str, context_name: &str, account: &str, region: &str, server: &str| {
        let arn = format!("arn:aws:sts::{account}:assumed-role/ci/{session}");
        let evidence = Evidence {
            caller: Ok(Caller { account: account.to_owned(), arn }),
            ..described(context(context_name, server), server, PEM)
        };
        judge(&wanted(region), &evidence).destination()
    };
    let kept = of("plan-1001", "prod", "111122223333", "eu-west-1", SERVER);
    assert_eq!(kept, of("deploy-1002", "prod", "111122223333", "eu-west-1", SERVER));
    assert_eq!(kept, of("plan-1001", "alias", "111122223333", "eu-west-1", SERVER));
    let other = SERVER.replace("0C0DEC", "0C0DED");
    for moved in [
        of("plan-1001", "prod", "444455556666", "eu-west-1", SERVER),
        of("plan-1001", "prod", "111122223333", "eu-west-2", SERVER),
        of("plan-1001", "prod", "111122223333", "eu-west-1", &other),
    ] {
        assert_ne!(kept, moved);
    }
    let unproved = judge(&wanted("eu-west-1"), &alone(context("prod", SERVER))).destination();
    assert_eq!(kept, unproved, "what proves it is no part of where it is");
}
