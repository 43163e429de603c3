//! A table is a map that can be rolled back, with indexes that never lie.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pet {
    owner: String,
    fed_at: Option<u64>,
}

impl Row for Pet {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("owner", &self.owner)]
    }

    fn due(&self) -> Option<u64> {
        self.fed_at
    }

    fn settle(&mut self, now: u64) {
        self.fed_at = self.fed_at.filter(|at| *at > now);
    }
}

fn pet(owner: u64, fed_at: u64) -> Pet {
    Pet { owner: format!("owner-{owner}"), fed_at: (fed_at > 2).then_some(fed_at) }
}

/// What the table says in each way must be what a plain map says.
fn same(table: &Table<Pet>, model: &BTreeMap<String, Pet>) {
    assert!(table.after("").eq(model.iter()));
    for owner in 0..4 {
        let owner = format!("owner-{owner}");
        let expected = model.values().filter(|pet| pet.owner == owner);
        assert!(table.by("owner", &owner).eq(expected), "{owner}");
        for id in ["pet-1", "pet-5", "pet-9", "pet-95"] {
            let behind = model.iter().filter(|(found, _)| found.as_str() > id);
            let expected = behind.map(|(_, pet)| pet).filter(|pet| pet.owner == owner);
            assert!(table.by_after("owner", &owner, id).eq(expected), "{owner} behind {id}");
        }
    }
    let mut due: Vec<(u64, String)> =
        model.iter().filter_map(|(id, pet)| Some((pet.fed_at?, id.clone()))).collect();
    due.sort();
    due.retain(|(at, _)| *at <= 6);
    assert_eq!(table.due(6), due.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
}

fn change(rng: &mut fastrand::Rng, table: &mut Table<Pet>, model: &mut BTreeMap<String, Pet>) {
    let id = format!("pet-{}", rng.u64(..12));
    let new = pet(rng.u64(..4), rng.u64(..10));
    match rng.u8(..3) {
        0 => assert_eq!(table.remove(&id), model.remove(&id)),
        1 => assert_eq!(table.insert(id.clone(), new.clone()), model.insert(id, new)),
        _ => {
            if let Some(found) = table.get_mut(&id) {
                *found = new.clone();
                *model.get_mut(&id).unwrap() = new;
            }
        }
    }
}

#[test]
fn a_table_is_what_a_plain_map_would_be_after_any_commits_and_roll_backs() {
    for seed in 0..200 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let (mut table, mut model) = (Table::default(), BTreeMap::new());
        let mut past = Vec::new();
        for _ in 0..20 {
            let before = model.clone();
            for _ in 0..rng.u8(..6) {
                change(&mut rng, &mut table, &mut model);
                same(&table, &model);
            }
            if rng.bool() {
                let former = table.commit();
                assert_eq!(former.is_some(), before != model, "only what changed is former");
                past.extend(former.map(|former| (before, former)));
            } else {
                table.roll_back();
                model = before;
            }
            same(&table, &model);
        }
        // Back through all changes, as a read from the past sees them, and to the present again.
        for (before, former) in past.iter().rev() {
            table.restore(&**former);
            same(&table, before);
        }
        table.roll_back();
        same(&table, &model);
    }
}

#[test]
fn what_changed_can_be_loaded_into_another_table() {
    let (mut table, mut model) = (Table::default(), BTreeMap::new());
    let mut written: Vec<(String, String)> = Vec::new();
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        change(&mut rng, &mut table, &mut model);
        change(&mut rng, &mut table, &mut model);
        for (id, row) in table.changes().unwrap() {
            written.push((id.to_owned(), row.unwrap_or_default()));
        }
        table.commit();
        same(&loaded(&written, 0).unwrap(), &model);
    }
}

/// A table of these rows, as they are by this moment.
fn loaded(rows: &[(String, String)], now: u64) -> anyhow::Result<Table<Pet>> {
    let mut table = Table::default();
    let rows = rows.iter().map(|(id, row)| (id.as_str(), row.as_str())).collect();
    table.replace(table.loader()(rows, now)?);
    Ok(table)
}

/// So many rows that several threads parse them.
#[test]
fn many_rows_are_loaded_and_a_wrong_one_is_named() {
    let mut rows: Vec<(String, String)> = (0..5000)
        .map(|number| {
            (format!("pet-{number}"), serde_json::to_string(&pet(number % 3, 5)).unwrap())
        })
        .collect();
    let table = loaded(&rows, 0).unwrap();
    assert_eq!((table.len(), table.by("owner", "owner-1").count()), (5000, 1667));
    "{}".clone_into(&mut rows[4321].1);
    let error = format!("{:#}", loaded(&rows, 0).unwrap_err());
    assert!(error.contains("the row `pet-4321`") && error.contains("owner"), "{error}");
}

#[test]
fn a_row_that_is_as_before_is_no_change() {
    let mut table = Table::default();
    table.insert("a".to_owned(), pet(1, 5));
    table.commit();
    *table.get_mut("a").unwrap() = pet(1, 5);
    assert_eq!(table.changes().unwrap(), []);
    assert!(table.commit().is_none());
    assert_eq!(table.by("owner", "owner-1").count(), 1);
}

#[test]
fn a_page_goes_on_behind_an_id_that_need_not_be_there() {
    let mut table = Table::default();
    for id in ["a", "c", "e"] {
        table.insert(id.to_owned(), pet(1, 5));
    }
    let after = |id: &str| table.after(id).map(|(id, _)| id.as_str()).collect::<String>();
    assert_eq!(
        (after(""), after("a"), after("b"), after("e")),
        ("ace".into(), "ce".into(), "ce".into(), String::new())
    );
}

#[test]
fn rows_that_are_read_have_the_state_that_they_have_by_now() {
    let row = serde_json::to_string(&pet(1, 5)).unwrap();
    let rows = [("pet-1", "{}"), ("pet-2", row.as_str()), ("pet-1", "")];
    let rows = rows.map(|(id, row)| (id.to_owned(), row.to_owned()));
    assert_eq!(loaded(&rows, 4).unwrap().due(6), ["pet-2"]);
    let table = loaded(&rows, 5).unwrap();
    assert!(table.due(6).is_empty());
    assert_eq!(table.len(), 1, "a former version of a row is not even parsed");
    assert_eq!(table.by("owner", "owner-1").count(), 1);
}
