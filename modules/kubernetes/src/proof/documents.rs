//! The documents of a proof: namespace, claim and pods.

use std::sync::LazyLock;

use serde::Serialize;

use crate::render::{RenderError, Templates};

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(&[
        ("verify-claim.yaml", include_str!("../../../../templates/verify-claim.yaml.j2")),
        ("verify-namespace.yaml", include_str!("../../../../templates/verify-namespace.yaml.j2")),
        ("verify-pod.yaml", include_str!("../../../../templates/verify-pod.yaml.j2")),
    ])
});

/// What runs in every pod: any shell with `flock` will do. The counter is in
/// the locked file itself, as an NFS client forgets what it knows of a file
/// when it gets its lock, and only then.
const SCRIPT: &str = r#"
set -u
dir="$SHARED/clockwork-verify-$NONCE"
left=$((PATIENCE * 5))
report() { printf '%s\n' "$1" >> "$REPORT"; }
fail() { report "failed=$1"; exit 1; }
await() {
  while [ ! -e "$1" ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "$2"
    sleep 0.2
  done
}
command -v flock > /dev/null || fail "the image has no flock, which busybox and util-linux have"
if [ "$ROLE" = writer ]; then
  mkdir -p "$dir" && echo 0 > "$dir/counter" && : > "$dir/lines" &&
    printf %s "$NONCE" > "$dir/.nonce" && mv "$dir/.nonce" "$dir/nonce" ||
    fail "the volume cannot be written to"
else
  await "$dir/nonce" "the nonce of the writer did not arrive"
fi
[ "$(cat "$dir/nonce")" = "$NONCE" ] || fail "another nonce was read than was written"
report nonce=read
if [ "$ROLE" = witness ]; then
  report "lines=$(wc -l < "$dir/lines" | tr -d ' ')"
  report "distinct=$(sort -u "$dir/lines" | wc -l | tr -d ' ')"
  report "counted=$(cat "$dir/counter")"
  rm -rf "$dir"
  exit 0
fi
turn=0
while [ "$turn" -lt "$TURNS" ]; do
  (
    flock 9 || exit 1
    count=$(cat "$dir/counter")
    printf '%s %s\n' "$NAME" "$turn" >> "$dir/lines"
    echo $((count + 1)) > "$dir/counter"
  ) 9<> "$dir/counter" || fail "the lock could not be taken"
  turn=$((turn + 1))
done
report "turns=$turn"
"#;

/// How often each participant takes the lock.
const TURNS: usize = 50;

/// What a pod does in a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Leaves the nonce.
    Writer,
    /// Reads it.
    Reader,
    /// Comes when the writer is gone.
    Witness,
}

impl Role {
    /// The role as the script knows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Writer => "writer",
            Role::Reader => "reader",
            Role::Witness => "witness",
        }
    }
}

/// One pod of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// The pod's name.
    pub name: String,
    /// What it does.
    pub role: Role,
}

/// One proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What nobody could have written by chance; it is part of names.
    pub nonce: String,
    /// The namespace of the pods.
    pub namespace: String,
    /// The claim that they share.
    pub claim: String,
    /// The class of that claim.
    pub class: String,
    /// An image with a shell.
    pub image: String,
    /// How many read beside the one that writes.
    pub readers: usize,
    /// How many seconds a pod waits for the nonce.
    pub patience: u64,
}

impl Proof {
    /// A proof on a claim of this class of its own, in a namespace of its own.
    pub fn new(class: &str, nonce: String, image: String, readers: usize) -> Proof {
        Proof {
            namespace: format!("clockwork-verify-{nonce}"),
            claim: "shared".to_owned(),
            class: class.to_owned(),
            nonce,
            image,
            readers,
            patience: 120,
        }
    }

    /// Who starts at once: a writer and the readers.
    pub fn team(&self) -> Vec<Participant> {
        let writer = Participant { name: self.pod("writer"), role: Role::Writer };
        let readers = (1..=self.readers).map(|number| Participant {
            name: self.pod(&format!("reader-{number}")),
            role: Role::Reader,
        });
        std::iter::once(writer).chain(readers).collect()
    }

    /// Who comes when the writer is gone.
    pub fn witness(&self) -> Participant {
        Participant { name: self.pod("witness"), role: Role::Witness }
    }

    /// How many lines and counts there must be in the end.
    pub fn expected(&self) -> usize {
        (self.readers + 1) * TURNS
    }

    /// The namespace.
    pub fn namespace_document(&self) -> Result<String, RenderError> {
        TEMPLATES.render("verify-namespace.yaml", &Context { proof: self, pod: None })
    }

    /// The claim.
    pub fn claim_document(&self) -> Result<String, RenderError> {
        TEMPLATES.render("verify-claim.yaml", &Context { proof: self, pod: None })
    }

    /// A pod.
    pub fn pod_document(&self, participant: &Participant) -> Result<String, RenderError> {
        TEMPLATES.render("verify-pod.yaml", &Context { proof: self, pod: Some(participant) })
    }

    fn pod(&self, name: &str) -> String {
        format!("verify-{}-{name}", self.nonce)
    }
}

struct Context<'a> {
    proof: &'a Proof,
    pod: Option<&'a Participant>,
}

impl Serialize for Context<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let Proof { nonce, namespace, claim, class, image, readers: _, patience } = self.proof;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("nonce", nonce)?;
        map.serialize_entry("namespace", namespace)?;
        map.serialize_entry("claim", claim)?;
        map.serialize_entry("class", class)?;
        map.serialize_entry("image", image)?;
        // The environment of a container is text.
        map.serialize_entry("patience", &patience.to_string())?;
        map.serialize_entry("turns", &TURNS.to_string())?;
        map.serialize_entry("script", SCRIPT)?;
        if let Some(Participant { name, role }) = self.pod {
            map.serialize_entry("name", name)?;
            map.serialize_entry("role", role)?;
        }
        map.end()
    }
}
