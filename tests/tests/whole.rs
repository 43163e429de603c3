//! Documents and the sandbox's state are written whole or not at all: a kill or a full disk
//! leaves the old or the new.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tests::{Answer, Aws, World};
use xshell::{Shell, cmd};

/// A file system of 64 KiB, unmounted with this value.
struct SmallDisk {
    place: PathBuf,
    ballast: PathBuf,
}

impl SmallDisk {
    fn mount(place: &Path) -> SmallDisk {
        std::fs::create_dir_all(place).unwrap();
        let shell = Shell::new().unwrap();
        cmd!(shell, "mount -t tmpfs -o size=64k tmpfs {place}")
            .quiet()
            .run()
            .unwrap_or_else(|error| panic!("this test is root, and may mount: {error}"));
        SmallDisk { place: place.to_owned(), ballast: place.join("ballast") }
    }

    /// Leaves no room for anything.
    fn fill(&self) {
        let mut size = 64 * 1024;
        while size > 0 {
            match std::fs::write(&self.ballast, vec![0; size]) {
                Ok(()) => return,
                Err(_) => size -= 1024,
            }
        }
    }

    fn free(&self) {
        let _ = std::fs::remove_file(&self.ballast);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let (shell, place) = (Shell::new().unwrap(), &self.place);
        let _ = cmd!(shell, "umount {place}").quiet().run();
    }
}

#[test]
#[ignore = "needs root, for a file system that is full"]
fn a_full_disk_leaves_the_old_documents_and_the_next_run_the_new() {
    let world = World::new();
    let disk = SmallDisk::mount(&world.manifests());
    world.deploy(&[]);
    let names = ["values.yaml", "storageclass.yaml", "kustomization.yaml"];
    let old = names.map(|name| world.document(name));
    disk.fill();
    let change =
        ["--tags=team=graphs", "--storage-class-labels=team=graphs", "--helm-chart-version=4.4.1"];
    let ran = world.run("deploy-efs", &change).exits(1);
    assert!(ran.stderr.contains("No space left"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help:"), "{}", ran.stderr);
    assert_eq!(names.map(|name| world.document(name)), old);
    let there: Vec<_> = std::fs::read_dir(world.manifests())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "ballast")
        .collect();
    assert_eq!(there.len(), 3, "nothing half written lies about: {there:?}");
    disk.free();
    world.deploy(&change);
    assert!(names.iter().zip(old).all(|(name, old)| world.document(name) != old));
    world.nothing_to_do(&change);
}

#[test]
#[ignore = "needs root, for a file system that is full"]
fn a_full_disk_refuses_a_call_and_leaves_the_sandboxs_state_as_it_was() {
    let world = World::new();
    let disk = SmallDisk::mount(&world.path().join("disk"));
    let state = disk.place.join("state.json");
    let aws = Aws::serve(Some(&state), &[]);
    let file = || std::fs::read_to_string(&state).unwrap();
    assert_eq!(create(&aws, "kept", 0).status, 201);
    disk.fill();

    // A record longer than a page: what still fits of it is written, and must not stay.
    let before = file();
    assert_eq!(create(&aws, "torn", 40).status, 500, "what cannot be kept is not done");
    assert_eq!(file(), before, "nothing of the refused record is left");

    // On tmpfs a full disk still takes what fits into the file's last page. A record has more
    // than 64 bytes, so a page of 4 KiB takes fewer than 64 of them.
    let mut kept = BTreeSet::from(["kept".to_owned()]);
    let lost = (0..64).map(|number| format!("late-{number}-")).find(|token| {
        let before = file();
        let status = create(&aws, token, 0).status;
        if status == 201 {
            assert!(file().contains(token.as_str()), "{token} was acknowledged, and is not kept");
            return !kept.insert(token.clone());
        }
        assert_eq!(status, 500, "what cannot be kept is not done");
        assert_eq!(file(), before, "nothing of the refused record is left");
        true
    });
    let lost = lost.expect("a full disk refuses a call");
    assert_eq!(tokens(&aws), kept, "what was refused is not there");

    disk.free();
    for token in ["torn", &lost, "later"] {
        assert_eq!(create(&aws, token, 0).status, 201, "{token}: work goes on");
        kept.insert(token.to_owned());
    }
    drop(aws);
    let aws = Aws::serve(Some(&state), &[]);
    assert_eq!(tokens(&aws), kept, "all that was acknowledged, and nothing else");
}

/// Creates a file system with so many tags of 256 characters each.
fn create(aws: &Aws, token: &str, tags: usize) -> Answer {
    let value = "x".repeat(256);
    let tags: Vec<_> =
        (0..tags).map(|number| json!({ "Key": format!("k{number}"), "Value": value })).collect();
    aws.efs("POST", "file-systems", Some(&json!({ "CreationToken": token, "Tags": tags })))
}

/// The creation tokens of all file systems, page by page.
fn tokens(aws: &Aws) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    let mut path = "file-systems".to_owned();
    loop {
        let page = aws.efs("GET", &path, None).json();
        let found = page["FileSystems"].as_array().unwrap().iter();
        tokens.extend(found.map(|it| it["CreationToken"].as_str().unwrap().to_owned()));
        match page["NextMarker"].as_str() {
            Some(next) => path = format!("file-systems?Marker={next}"),
            None => return tokens,
        }
    }
}

#[test]
fn a_sandbox_that_is_killed_at_its_work_keeps_all_that_it_answered() {
    let world = World::new();
    let state = world.path().join("killed.json");
    let mut answered: Vec<String> = Vec::new();
    for round in 0..12 {
        let aws = Aws::serve(Some(&state), &[]);
        let there = tokens(&aws);
        for token in &answered {
            assert!(there.contains(token), "{token} was answered, and is lost");
        }
        let done = AtomicUsize::new(0);
        let kept = std::thread::scope(|scope| {
            let work = scope.spawn(|| {
                let mut kept = Vec::new();
                for number in 0.. {
                    let token = format!("{round}-{number}");
                    let body = json!({ "CreationToken": token });
                    match aws.try_efs("POST", "file-systems", Some(&body)) {
                        Some(answer) if answer.status == 201 => {
                            kept.push(token);
                            done.store(kept.len(), Ordering::Release);
                        }
                        _ => break,
                    }
                }
                kept
            });
            // A different moment each time, and always in the middle of something.
            while done.load(Ordering::Acquire) <= round {
                std::thread::yield_now();
            }
            aws.kill();
            work.join().unwrap()
        });
        assert!(!kept.is_empty());
        answered.extend(kept);
    }
}
