//! Between a company's laptop and AWS: proxies that ask for a login or inspect TLS, SOCKS to a
//! bastion, and endpoints of other kinds. The proxy is real, and AWS behind it is the sandbox.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use control_plane::AwsProxy;
use serde_json::json;
use tests::{Aws, EmptyCluster, Ran, World};

const EFS: &str = "elasticfilesystem.eu-west-1.amazonaws.com:443";

/// A world whose AWS is reached through a proxy only.
struct Company {
    world: World,
    proxy: AwsProxy,
    _aws: Aws,
}

impl Company {
    fn new() -> Company {
        let world = World::new();
        let aws = Aws::serve(None, &[]);
        let proxy = AwsProxy::start(aws.url(), world.path()).unwrap();
        Company { world, proxy, _aws: aws }
    }

    /// Plans or deploys documents with these variables beside credentials.
    fn run(&self, command: &str, env: &[(&str, &str)]) -> Ran {
        let mut all = vec![
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("NO_PROXY", ""),
            ("no_proxy", ""),
        ];
        all.extend(env);
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let env: Vec<(String, String)> = all.iter().map(owned).collect();
        let manifests = self.world.manifests();
        let args = [command, "--output", "json", "--manifests", manifests.to_str().unwrap()];
        self.world.xtask_with(&env, &args)
    }

    fn authority(&self) -> &str {
        self.proxy.authority().to_str().unwrap()
    }
}

#[test]
fn a_deployment_goes_through_the_proxy_and_trusts_the_authority_of_the_company() {
    let company = Company::new();
    let env = [("HTTPS_PROXY", company.proxy.url()), ("AWS_CA_BUNDLE", company.authority())];
    assert_eq!(company.run("deploy-efs", &env).exits(0).json()["changed"], 7);
    assert_eq!(company.run("plan-efs", &env).exits(0).json()["changes"], 0);
    let through = company.proxy.destinations();
    for service in ["elasticfilesystem", "ec2", "sts"] {
        assert!(through.contains(&format!("{service}.eu-west-1.amazonaws.com:443")), "{through:?}");
    }
}

#[test]
fn a_proxy_that_inspects_tls_is_named_with_the_variable_for_its_authority() {
    let company = Company::new();
    let ran = company.run("plan-efs", &[("HTTPS_PROXY", company.proxy.url())]).exits(1);
    assert!(ran.stderr.contains("invalid peer certificate"), "{}", ran.stderr);
    let help = ran.stderr.lines().find(|line| line.starts_with("help:")).unwrap();
    assert!(help.contains("AWS_CA_BUNDLE"), "{help}");
}

#[test]
fn a_login_of_the_proxy_is_asked_for_by_name_and_never_shown() {
    let company = Company::new();
    company.proxy.require("ann:s3cr@t");
    let authority = ("AWS_CA_BUNDLE", company.authority());
    let ran = company.run("plan-efs", &[("HTTPS_PROXY", company.proxy.url()), authority]).exits(1);
    let help = ran.stderr.lines().find(|line| line.starts_with("help:")).unwrap();
    assert!(help.contains("407") && help.contains("HTTPS_PROXY"), "{}", ran.stderr);

    let with_login = company.proxy.url().replace("http://", "http://ann:s3cr%40t@");
    let ran = company.run("plan-efs", &[("HTTPS_PROXY", &with_login), authority]).exits(0);
    assert!(!ran.stderr.contains("s3cr"), "{}", ran.stderr);
    let wrong = company.proxy.url().replace("http://", "http://ann:s3cr%40t2@");
    let ran = company.run("plan-efs", &[("HTTPS_PROXY", &wrong), authority]).exits(1);
    assert!(!ran.stderr.contains("s3cr"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_used_is_named_before_anything_is_called() {
    let company = Company::new();
    let cases = [
        ("HTTPS_PROXY", "ftp://ann:s3cret@proxy", "HTTPS_PROXY names a proxy of the scheme `ftp`"),
        ("ALL_PROXY", "http://a b", "ALL_PROXY is not a URL"),
        ("AWS_CA_BUNDLE", "/nowhere.pem", "reading `/nowhere.pem` (AWS_CA_BUNDLE)"),
        ("AWS_CA_BUNDLE", "clockwork.hcl", "has no PEM certificate"),
    ];
    for (name, value, message) in cases {
        let ran = company.run("plan-efs", &[(name, value)]).exits(1);
        assert!(ran.stderr.contains(message), "{name}={value}: {}", ran.stderr);
        assert!(ran.stderr.contains("help: ") && !ran.stderr.contains("s3cret"), "{}", ran.stderr);
    }
    assert!(company.proxy.destinations().is_empty());
}

#[test]
fn endpoints_with_fips_and_dual_stack_are_those_of_the_environment() {
    let company = Company::new();
    let cases = [
        ("AWS_USE_FIPS_ENDPOINT", "elasticfilesystem-fips.eu-west-1.amazonaws.com:443"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "efs.eu-west-1.api.aws:443"),
    ];
    for (variable, endpoint) in cases {
        let env = [
            ("HTTPS_PROXY", company.proxy.url()),
            ("AWS_CA_BUNDLE", company.authority()),
            (variable, "true"),
        ];
        company.run("plan-efs", &env).exits(0);
        let through = company.proxy.destinations();
        assert!(through.contains(endpoint), "{variable}: {through:?}");
    }
}

#[test]
fn the_local_aws_is_never_looked_for_behind_a_proxy() {
    let mut world = World::new();
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
        world.set(name, "http://127.0.0.1:9");
    }
    world.deploy(&[]);
    world.nothing_to_do(&[]);
}

#[test]
fn a_bastion_is_reached_by_socks() {
    let company = Company::new();
    let socks = socks(Behind::HttpProxy(company.proxy.url().replace("http://", "")));
    for scheme in ["socks5", "socks5h"] {
        let url = format!("{scheme}://{socks}");
        let env = [("HTTPS_PROXY", url.as_str()), ("AWS_CA_BUNDLE", company.authority())];
        company.run("plan-efs", &env).exits(0);
    }
    assert!(company.proxy.destinations().contains(EFS), "{:?}", company.proxy.destinations());
}

/// A status of the cluster `api.invalid`, which is known behind a bastion only.
fn status(world: &World, proxy_url: Option<&str>, env: &[(&str, &str)]) -> Ran {
    let cluster = json!({ "server": "http://api.invalid:80", "proxy-url": proxy_url });
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "dev",
        "clusters": [{ "name": "dev", "cluster": cluster }],
        "users": [{ "name": "ann", "user": { "token": "planted" } }],
        "contexts": [{ "name": "dev", "context": { "cluster": "dev", "user": "ann" } }],
    });
    let path = world.path().join("kubeconfig");
    std::fs::write(&path, config.to_string()).unwrap();
    let aws = world.aws();
    let url = format!("--endpoint-url={}", aws.url);
    let kubeconfig = path.display().to_string();
    let mut all = vec![
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("KUBECONFIG", kubeconfig.as_str()),
    ];
    all.extend(env);
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let env: Vec<(String, String)> = all.iter().map(owned).collect();
    world.xtask_with(&env, &["status", &url, "--driver=skip", "--output=json"])
}

#[test]
fn a_cluster_is_reached_by_the_proxy_of_the_kubeconfig_or_of_the_environment() {
    let (world, cluster) = (World::new(), EmptyCluster::new());
    let socks = socks(Behind::Itself(cluster.url.replace("http://", "")));
    let socks = format!("socks5://{socks}");
    let place = |ran: Ran| ran.exits(0).json()["places"][0]["cluster"]["context"].clone();
    assert_eq!(place(status(&world, Some(&socks), &[])), "dev");
    assert_eq!(place(status(&world, None, &[("HTTP_PROXY", &socks)])), "dev");
    // kubectl takes that of the kubeconfig first.
    let dead = ("HTTP_PROXY", "http://127.0.0.1:9");
    assert_eq!(place(status(&world, Some(&socks), &[dead])), "dev");
    let excepted = [("HTTP_PROXY", socks.as_str()), ("NO_PROXY", "api.invalid")];
    let ran = status(&world, None, &excepted).exits(1);
    // A machine without a name server waits for one in vain.
    let own = ["dns error", "deadline has elapsed"];
    assert!(own.iter().any(|it| ran.stderr.contains(it)), "{}", ran.stderr);
    let ran = status(&world, Some("ftp://ann:s3cret@bastion"), &[]).exits(1);
    assert!(ran.stderr.contains("`proxy-url` of the kubeconfig"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
}

/// What is behind a bastion, by its address.
#[derive(Clone)]
enum Behind {
    /// A proxy that forwards to any destination.
    HttpProxy(String),
    /// What is asked for, under whatever name.
    Itself(String),
}

/// Serves SOCKS 5 (RFC 1928) without a login; the address.
fn socks(behind: Behind) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let behind = behind.clone();
            // A connection that fails is the client's error.
            std::thread::spawn(move || drop(serve(client.unwrap(), &behind)));
        }
    });
    address
}

fn serve(mut client: TcpStream, behind: &Behind) -> std::io::Result<()> {
    let [_, methods] = read::<2>(&mut client)?;
    client.read_exact(&mut vec![0; methods.into()])?;
    client.write_all(&[5, 0])?;
    let [_, _, _, kind] = read::<4>(&mut client)?;
    assert_eq!(kind, 3, "names are resolved at the bastion");
    let [length] = read::<1>(&mut client)?;
    let mut name = vec![0; length.into()];
    client.read_exact(&mut name)?;
    let port = u16::from_be_bytes(read::<2>(&mut client)?);
    let mut server = match behind {
        Behind::HttpProxy(proxy) => tunnel(proxy, &String::from_utf8_lossy(&name), port)?,
        Behind::Itself(address) => TcpStream::connect(address)?,
    };
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let copied = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
        copied
    });
    std::io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Write)
}

/// A connection by an HTTP proxy.
fn tunnel(proxy: &str, name: &str, port: u16) -> std::io::Result<TcpStream> {
    let mut server = TcpStream::connect(proxy)?;
    write!(server, "CONNECT {name}:{port} HTTP/1.1\r\nhost: {name}:{port}\r\n\r\n")?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(read::<1>(&mut server)?);
    }
    Ok(server)
}

fn read<const N: usize>(stream: &mut TcpStream) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}
