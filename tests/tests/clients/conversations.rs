//! The recorded conversations: the sandbox answers as they say; `MiniStack` and moto do so but
//! for the differences that are named and explained.

use std::collections::BTreeSet;

use emulators::{Emulator, Kind};
use tests::clients::conversations::{Replayed, explained, recorded};
use tests::clients::seen::EFS;
use tests::clients::serve;
use tests::target;

/// Every difference is explained, and every explained one still occurs.
fn differs_as_explained(name: &str, version: &str, kind: Kind) {
    let aws = serve(300);
    let ours = Replayed::with(&aws.url);
    assert_eq!(ours.differences(None), BTreeSet::new(), "the sandbox");
    let emulator = Emulator::from_pypi(kind, &target().join("emulators")).unwrap();
    let theirs = Replayed::with(emulator.url());
    let found = theirs.differences(Some(&ours));
    let explained: BTreeSet<String> = explained(name).into_keys().collect();
    let unexplained: Vec<&String> = found.difference(&explained).collect();
    let gone: Vec<&String> = explained.difference(&found).collect();
    assert!(
        unexplained.is_empty() && gone.is_empty(),
        "{name} differs without an explanation in `tests/clients/differences.json`:\n{unexplained:#?}\n\
         and differs no longer, where that file says so:\n{gone:#?}"
    );
    theirs.seen().settle(name, version);
}

#[test]
#[ignore = "needs Python 3 with venv, and PyPI"]
fn moto_differs_as_explained() {
    differs_as_explained("moto", "moto", Kind::Moto);
}

#[test]
#[ignore = "needs Python 3 with venv, and PyPI"]
fn ministack_differs_as_explained() {
    differs_as_explained("ministack", "MiniStack", Kind::MiniStack);
}

#[test]
fn the_conversations_are_about_every_operation() {
    let conversations = recorded();
    let called: BTreeSet<&str> =
        conversations.values().flatten().map(|step| step["call"].as_str().unwrap()).collect();
    let missing: Vec<&&str> = EFS.iter().filter(|operation| !called.contains(*operation)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_differences_are_explained_once_each() {
    for emulator in ["moto", "ministack"] {
        assert!(!explained(emulator).is_empty(), "{emulator}");
    }
}
