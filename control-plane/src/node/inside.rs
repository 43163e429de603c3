//! Namespaces of their own for a node and for all its clients.

use std::convert::Infallible;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use xshell::{Shell, cmd};

use super::config::{HOST, SERVICE};

/// Says that a program is in such namespaces: the name of the control group of its pods.
const INSIDE: &str = "CLOCKWORK_NODE_NAMESPACES";

/// Runs a program, and then removes the control group, which is all that outlives namespaces. A
/// signal is for the program; this ends when it does, and takes it along when it is killed.
const OUTSIDE: &str = r#"
trap : INT TERM
group=$1 status=0
shift
setpriv --pdeathsig KILL "$@" || status=$?
for folder in "/sys/fs/cgroup/$group" /sys/fs/cgroup/*/"$group"; do
  for _ in $(seq 50); do
    [ -d "$folder" ] || break
    find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
  done
done
exit "$status"
"#;

/// Prepares the namespaces, and becomes the program.
///
/// Kubelet, containerd and the driver's chart use fixed paths below `/run`, `/var` and `/etc`: a
/// file system in memory hides the first two, and takes what is written to the third. Pods share
/// the mounts of the node, but nothing outside sees them.
const SETUP: &str = r#"
set -eu
mount --make-rprivate /
mount --make-rshared /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/clockwork/var/lib/kubelet/plugins_registry /run/clockwork/var/tmp
mkdir -p /run/clockwork/etc /run/clockwork/work /run/netns /run/lock
chmod 1777 /run/clockwork/var/tmp
ln -s /run /run/clockwork/var/run
mount -t overlay -o lowerdir=/etc,upperdir=/run/clockwork/etc,workdir=/run/clockwork/work overlay /etc
mount --bind /run/clockwork/var /var
for folder in /sys/fs/cgroup /sys/fs/cgroup/*; do
  [ ! -e "$folder/cgroup.procs" ] || mkdir -p "$folder/$3"
done
busybox ip link set lo up
busybox ip address add "$1/32" dev lo
busybox ip address add "$2/32" dev lo
echo 1 >/proc/sys/net/ipv4/ip_forward
shift 3
exec "$@"
"#;

/// Whether this program runs in namespaces that [`enter`] made.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// The control group of the node's pods, below the root of all.
pub(super) fn control_group() -> String {
    format!("/{}", std::env::var(INSIDE).unwrap_or_default())
}

/// Becomes this program again, in namespaces of its own and with `input` as its standard input.
///
/// # Errors
/// Where only root could do so, the machine does not allow it, or a program is missing.
pub fn enter(input: &[u8]) -> anyhow::Result<Infallible> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    ensure!(root, "only root can run a node: it mounts, and makes networks");
    let shell = Shell::new()?;
    for (program, from) in [
        ("busybox", "busybox-static"),
        ("runc", "runc"),
        ("unshare", "util-linux"),
        ("setpriv", "util-linux"),
        ("/usr/lib/cni/ptp", "containernetworking-plugins"),
    ] {
        let found = cmd!(shell, "sh -c 'command -v \"$0\"' {program}").quiet().ignore_stdout();
        ensure!(found.run().is_ok(), "`{program}` is missing; Debian's package {from} has it");
    }
    let namespaces = ["--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "--mount-proc"];
    let probe = cmd!(shell, "unshare {namespaces...} true").quiet().ignore_stderr();
    ensure!(
        probe.run().is_ok(),
        "this machine allows no namespaces of mounts, networks and processes"
    );
    let own = std::env::current_exe().context("finding this program")?;
    let mut file = tempfile::tempfile().context("keeping the input")?;
    std::io::Write::write_all(&mut file, input)?;
    std::io::Seek::rewind(&mut file)?;
    let group = format!("clockwork-node-{}", std::process::id());
    let setup = ["sh", "-c", SETUP, "namespaces", HOST, SERVICE, &group];
    let unshare = ["unshare"].iter().chain(&namespaces).chain(&["--kill-child"]).chain(&setup);
    let command = cmd!(shell, "sh -c {OUTSIDE} outside {group} {unshare...} {own}");
    let error = Command::from(command).env(INSIDE, &group).stdin(Stdio::from(file)).exec();
    bail!("starting `unshare`: {error}")
}

/// Leads the service address of the API server to where it listens; dropping this value stops it.
pub(super) struct Forwarder {
    _runtime: Runtime,
}

impl Forwarder {
    pub(super) fn start(api_server: &str) -> anyhow::Result<Forwarder> {
        let target = api_server.trim_start_matches("https://").to_owned();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("starting the async runtime")?;
        let listener = runtime
            .block_on(TcpListener::bind((SERVICE, 443)))
            .with_context(|| format!("listening at {SERVICE}"))?;
        runtime.spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let target = target.clone();
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(&target).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Ok(Forwarder { _runtime: runtime })
    }
}
