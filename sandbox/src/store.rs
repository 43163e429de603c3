//! The world, kept in a file where one is given: every change is in the file before its
//! response leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, anyhow};

use crate::changes::Batch;
use crate::history::History;
use crate::log::{Log, Rows};
use crate::table::{AnyTable, Loader, Tables};
use crate::world::World;

/// The place of what belongs to no region, in the state file.
const GLOBAL: &str = "";

/// The ids of the rows to write with the next change, by place and table.
type Unwritten = BTreeMap<String, BTreeMap<&'static str, BTreeSet<String>>>;

/// The world, its file and its recent past.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) world: World,
    account: String,
    history: History,
    log: Option<Log>,
    unwritten: Unwritten,
}

impl Store {
    /// Opens the state file, or starts with an empty world.
    pub(crate) fn open(path: Option<&Path>, account: &str, now: u64) -> anyhow::Result<Store> {
        let mut store = Store {
            world: World::default(),
            account: account.to_owned(),
            history: History::default(),
            log: None,
            unwritten: Unwritten::new(),
        };
        if let Some(path) = path {
            let log = Log::open(path, &mut |rows| store.load(rows, now))?;
            store.log = Some(log);
        }
        Ok(store)
    }

    /// Fills the tables with the rows of the file as they are by now, side by side: a program that starts with a large
    /// state does little else.
    fn load(&mut self, rows: Rows<'_>, now: u64) -> anyhow::Result<()> {
        let mut loads = Vec::new();
        for ((place, table), rows) in rows {
            loads.push((place, table, self.table(place, table, |found| found.loader())?, rows));
        }
        let loaded: Vec<_> = std::thread::scope(|scope| {
            let begin = |(place, table, loader, rows): (_, _, Loader, _)| {
                (place, table, scope.spawn(move || loader(rows, now)))
            };
            let all: Vec<_> = loads.into_iter().map(begin).collect();
            all.into_iter().map(|(place, table, thread)| (place, table, thread.join())).collect()
        });
        for (place, table, loaded) in loaded {
            let loaded = loaded.map_err(|_| anyhow!("loading the table `{table}` panicked"))?;
            let loaded = loaded.with_context(|| format!("the table `{table}`"))?;
            self.table(place, table, |found| found.replace(loaded))?;
        }
        Ok(())
    }

    /// Does something with a table, by its place and its name.
    fn table<R>(
        &mut self,
        place: &str,
        table: &str,
        work: impl FnOnce(&mut dyn AnyTable) -> R,
    ) -> anyhow::Result<R> {
        let tables: &mut dyn Tables = if place == GLOBAL {
            &mut self.world.global
        } else {
            self.world.region(place, &self.account)
        };
        let (mut work, mut done) = (Some(work), None);
        tables.each(&mut |name, found| {
            if name == table {
                done = work.take().map(|work| work(found));
            }
        });
        done.ok_or_else(|| anyhow!("the table `{table}` is unknown"))
    }

    /// Keeps what changed in a region and in the account, in the file first.
    ///
    /// After an error nothing is kept: the caller rolls back.
    pub(crate) fn commit(&mut self, region: &str, now: u64) -> anyhow::Result<()> {
        if self.log.is_some() {
            let mut batch = Batch::default();
            let mut result = Ok(());
            self.each(region, |place, name, table| {
                if result.is_ok() {
                    result = table.changes().map(|changes| batch.extend(place, name, changes));
                }
            });
            result?;
            if batch.rows() > 0 {
                self.add_unwritten(region, &mut batch)?;
                if let Some(log) = &mut self.log {
                    log.append(batch)?;
                }
                self.unwritten.clear();
            }
        }
        self.keep(region, now);
        self.compact();
        Ok(())
    }

    /// Adds to a change what went by itself before it.
    fn add_unwritten(&mut self, region: &str, batch: &mut Batch) -> serde_json::Result<()> {
        let unwritten = std::mem::take(&mut self.unwritten);
        let mut result = Ok(());
        for (place, tables) in &unwritten {
            let region = if place == GLOBAL { region } else { place };
            self.each(region, |visited, name, table| {
                if let Some(ids) = tables.get(name).filter(|_| visited == place && result.is_ok()) {
                    result = table.unchanged(ids).map(|rows| batch.extend(place, name, rows));
                }
            });
        }
        self.unwritten = unwritten;
        result
    }

    /// Keeps what changed by itself. That follows from what is in the file and the time: it is
    /// found again when the file is read, and need not be written.
    ///
    /// Where a row is gone, it is written with the next change, or the file would keep the row
    /// for ever; and what else changed with it too, for without the row it is not found again.
    pub(crate) fn accept(&mut self, region: &str, now: u64) {
        if self.log.is_some() {
            let (mut changed, mut gone) = (Unwritten::new(), false);
            self.each(region, |place, name, table| {
                for (id, is_gone) in table.changed() {
                    let tables = changed.entry(place.to_owned()).or_default();
                    tables.entry(name).or_default().insert(id.to_owned());
                    gone |= is_gone;
                }
            });
            for (place, tables) in changed.into_iter().filter(|_| gone) {
                let unwritten = self.unwritten.entry(place).or_default();
                for (name, ids) in tables {
                    unwritten.entry(name).or_default().extend(ids);
                }
            }
        }
        self.keep(region, now);
    }

    fn keep(&mut self, region: &str, now: u64) {
        let mut former = Vec::new();
        self.each(region, |place, name, table| {
            former.extend(table.commit().map(|rows| (place.to_owned(), name, rows)));
        });
        self.history.push(now, former);
    }

    /// Has the file written anew where most of it is former versions.
    fn compact(&mut self) {
        let Some(log) = &mut self.log else { return };
        log.finish_compaction();
        let world = &mut self.world;
        if log.is_wasteful(|| world.rows()) {
            log.compact();
        }
    }

    /// Takes back what changed in a region and in the account since the last commit.
    pub(crate) fn roll_back(&mut self, region: &str) {
        self.each(region, |_, _, table| table.roll_back());
    }

    /// Turns a region and the account back to what they were at a moment, as far as that is
    /// remembered, until the caller rolls back.
    pub(crate) fn turn_back(&mut self, region: &str, then: u64) {
        let history = std::mem::take(&mut self.history);
        self.each(region, |place, name, table| {
            history.since(then, place, name).for_each(|rows| table.restore(rows));
        });
        self.history = history;
    }

    /// Remembers the past for this long, beside the last few changes.
    pub(crate) fn remember(&mut self, ms: u64) {
        self.history.reach = ms;
    }

    fn each(&mut self, region: &str, mut visit: impl FnMut(&str, &'static str, &mut dyn AnyTable)) {
        self.world
            .region(region, &self.account)
            .each(&mut |name, table| visit(region, name, table));
        self.world.global.each(&mut |name, table| visit(GLOBAL, name, table));
    }
}
