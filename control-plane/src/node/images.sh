# Builds the images of a node from what is on this machine, as no registry may be reachable, and
# writes them as one archive in Docker's form, which `ctr images import` reads.
#   images.sh FOLDER TOOLS DRIVER_IMAGE PROVISIONER_IMAGE REGISTRAR_IMAGE PROBE_IMAGE OTHERS…
# FOLDER has the file `driver.env`: the environment of the driver's image, a line for each variable.
set -eu
folder=$1 tools=$2 driver=$3 provisioner=$4 registrar=$5 probe=$6
shift 6
mkdir -p "$folder/archive"
cd "$folder"

# A program with the libraries that it is linked with, in a root.
add() {
  root=$1 program=$2 inside=$3
  mkdir -p "$root$(dirname "$inside")"
  cp -L "$program" "$root$inside"
  { ldd "$program" 2>/dev/null || true; } | grep -o '/[^ )]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -Ln "$library" "$root$library" || true
  done
}

# An image of a root: its layer, its configuration, and its line in the manifest.
#   image NAME ENTRYPOINT ENVIRONMENT TAG…
image() {
  name=$1 entrypoint=$2 environment=$3
  shift 3
  tar -C "$name" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "archive/$name.tar" .
  sum=$(sha256sum "archive/$name.tar" | cut -d' ' -f1)
  printf '{"architecture":"%s","os":"linux","config":{"Env":[%s],"Entrypoint":[%s]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$architecture" "$environment" "$entrypoint" "$sum" >"archive/$name.json"
  tags=
  for tag in "$@"; do tags="$tags${tags:+,}\"$tag\""; done
  printf '%s{"Config":"%s.json","RepoTags":[%s],"Layers":["%s.tar"]}' \
    "$comma" "$name" "$tags" "$name" >>archive/manifest.json
  comma=,
}

case $(uname -m) in
x86_64) architecture=amd64 ;;
aarch64) architecture=arm64 ;;
*) echo "no image can be built for $(uname -m)" >&2; exit 1 ;;
esac
comma=
path='"PATH=/usr/sbin:/usr/bin:/sbin:/bin"'

# What every image has: a shell and its tools. Debian's busybox has no flock and no cksum.
mkdir -p base/bin base/usr/bin base/etc base/tmp base/proc base/sys base/dev base/run base/var
chmod 1777 base/tmp
ln -s /run base/var/run
add base "$(command -v busybox)" /bin/busybox
for applet in $(busybox --list); do
  [ "$applet" = busybox ] || ln -sf busybox "base/bin/$applet"
done
add base "$(command -v flock)" /usr/bin/flock
add base "$(command -v cksum)" /usr/bin/cksum
echo 'root:x:0:0:root:/:/bin/sh' >base/etc/passwd
echo 'root:x:0:' >base/etc/group

printf '[' >archive/manifest.json

# A program that waits: for pods' sandboxes, for charts whose own images are elsewhere, for what
# names a command of its own, and for the sidecar that registers the driver, which the caller does.
cp -a base waiting
printf '#!/bin/sh\ntrap "exit 0" TERM INT\nwhile :; do sleep 3600 & wait $!; done\n' >waiting/bin/waiting
chmod +x waiting/bin/waiting
image waiting '"/bin/waiting"' "$path" "$registrar" "$@"

# The sidecar of liveness probes: a page that is there as long as the driver's socket is.
cp -a base probe
cat >probe/bin/livenessprobe <<'EOF'
#!/bin/sh
for arg; do
  case $arg in
  --csi-address=*) export SOCKET=${arg#*=} ;;
  --health-port=*) port=${arg#*=} ;;
  esac
done
mkdir -p /dev/shm/www
while :; do
  if [ -S "$SOCKET" ]; then echo ok >/dev/shm/www/healthz; else rm -f /dev/shm/www/healthz; fi
  sleep 1
done &
exec httpd -f -p "$port" -h /dev/shm/www
EOF
chmod +x probe/bin/livenessprobe
image probe '"/bin/livenessprobe"' "$path" "$probe"

# The driver. Its mounts are binds of a folder that stands in for EFS: of the directory of an
# access point, or of a path of the file system.
cp -a base driver
mkdir -p driver/etc/amazon/efs-static-files
add driver "$tools/efs-csi-driver" /bin/aws-efs-csi-driver
rm -f driver/bin/mount
cat >driver/bin/mount <<'EOF'
#!/bin/sh
[ "$1" = -t ] && [ "$2" = efs ] || exec busybox mount "$@"
shift 2
options=
while [ $# -gt 2 ]; do
  if [ "$1" = -o ]; then options=$2; shift; fi
  shift
done
source=$1 target=$2
directory=/var/lib/kubelet/clockwork-efs/${source%%:*}
point=$(echo ",$options," | sed -n 's/.*,accesspoint=\([^,]*\),.*/\1/p')
if [ -n "$point" ]; then
  directory=$directory/$point
else
  case $source in *:*) directory=$directory/root/${source#*:} ;; *) directory=$directory/root ;; esac
fi
# EFS is not here to refuse a client: the sandbox says what it would do, and this what the mount
# helper of efs-utils and mount.nfs4 would say.
if [ -n "${CLOCKWORK_CLIENTS:-}" ]; then
  case ",$options," in *,tls,*) tls=true ;; *) tls=false ;; esac
  client="{\"AvailabilityZoneName\":\"$CLOCKWORK_ZONE\",\"Tls\":$tls${point:+,\"AccessPointId\":\"$point\"}}"
  if ! decided=$(busybox wget -q -Y off -O - --post-data "$client" "$CLOCKWORK_CLIENTS/${source%%:*}"); then
    echo "Failed to resolve \"${source%%:*}.efs.eu-west-1.amazonaws.com\" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID." >&2
    exit 1
  fi
  case $decided in
  *'"elasticfilesystem:ClientMount":"allowed"'*) ;;
  *) echo "mount.nfs4: access denied by server while mounting 127.0.0.1:/" >&2; exit 32 ;;
  esac
fi
mkdir -p "$directory"
# EFS enforces the user of an access point on its server; a folder is open instead.
chmod 0777 "$directory"
exec busybox mount -o bind "$directory" "$target"
EOF
chmod +x driver/bin/mount
# efs-utils' watchdog, which the driver starts again whenever it ends.
cp waiting/bin/waiting driver/bin/amazon-efs-mount-watchdog
cp aws.pem driver/etc/aws.pem
environment=$path
while read -r line; do environment="$environment,\"$line\""; done <driver.env
image driver '"/bin/aws-efs-csi-driver"' "$environment" "$driver"

cp -a base provisioner
add provisioner "$tools/csi-provisioner" /bin/csi-provisioner
image provisioner '"/bin/csi-provisioner"' "$path" "$provisioner"

printf ']' >>archive/manifest.json
tar -C archive -cf images.tar .
rm -rf archive base waiting probe driver provisioner
