//! Tables of rows by id, which know what changed since they were last committed.
//!
//! One mechanism serves three needs at the cost of the rows that a call touches:
//! an operation that fails leaves no trace ([`AnyTable::roll_back`]), what changed is
//! written to the state file, and reads from the past are answered.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;

mod load;

/// What a table keeps: one resource, by its id.
pub(crate) trait Row:
    Clone + PartialEq + Serialize + DeserializeOwned + Send + std::fmt::Debug + 'static
{
    /// The values by which this row is found beside its id, as `(index, value)`, such as
    /// `("file_system", "fs-0123")`. See [`Table::by`].
    fn keys(&self) -> Vec<(&'static str, &str)> {
        Vec::new()
    }

    /// When its state changes by itself, in milliseconds since 1970. See [`Table::due`].
    fn due(&self) -> Option<u64> {
        None
    }

    /// Changes to the state that it has by `now`, where no other row changes with it: then it need
    /// not be changed by the first call after a start.
    fn settle(&mut self, _now: u64) {}
}

/// Rows by id, sorted. Reads like a `BTreeMap`.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<String, T>,
    /// The rows that were touched since the last commit, as they were before.
    before: BTreeMap<String, Option<T>>,
    /// Ids by index and value, of the rows that are not touched.
    index: BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>,
    /// Ids by the moment their state changes, of the rows that are not touched.
    queue: BTreeSet<(u64, String)>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table {
            rows: BTreeMap::new(),
            before: BTreeMap::new(),
            index: BTreeMap::new(),
            queue: BTreeSet::new(),
        }
    }
}

impl<T: Row> Table<T> {
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(id)
    }

    pub(crate) fn contains_key(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    /// A row to change. Ask for it only when it is to be changed: it counts as touched.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.touch(id);
        self.rows.get_mut(id)
    }

    pub(crate) fn insert(&mut self, id: String, row: T) -> Option<T> {
        self.touch(&id);
        self.rows.insert(id, row)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        self.touch(id);
        self.rows.remove(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All rows, sorted by id. Prefer [`Table::by`] where there is an index.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.rows.values()
    }

    /// The ids and rows behind `id`, sorted: where a page goes on.
    pub(crate) fn after(&self, id: &str) -> impl Iterator<Item = (&String, &T)> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.rows.range::<str, _>((Excluded(id), Unbounded))
    }

    /// The rows that [`Row::keys`] lists under this value of an index, sorted by id.
    pub(crate) fn by<'a>(
        &'a self,
        index: &'static str,
        value: &str,
    ) -> impl Iterator<Item = &'a T> + use<'a, T> {
        self.by_after(index, value, "")
    }

    /// The same, behind `id`: where a page goes on. It costs what is taken of it.
    pub(crate) fn by_after<'a>(
        &'a self,
        index: &'static str,
        value: &str,
        id: &str,
    ) -> impl Iterator<Item = &'a T> + use<'a, T> {
        use std::ops::Bound::{Excluded, Unbounded};
        let behind = (Excluded(id), Unbounded);
        let indexed = self.index.get(index).and_then(|values| values.get(value));
        let indexed = indexed.map(|ids| ids.range::<str, _>(behind));
        let mut indexed = indexed.into_iter().flatten().peekable();
        // What the call itself touched is not indexed yet.
        let has = |id: &&String| {
            self.rows.get(*id).is_some_and(|row| row.keys().contains(&(index, value)))
        };
        let touched: Vec<&String> =
            self.before.range::<str, _>(behind).map(|(id, _)| id).filter(has).collect();
        let mut touched = touched.into_iter().peekable();
        let ids = std::iter::from_fn(move || match (indexed.peek(), touched.peek()) {
            (Some(one), Some(other)) if other < one => touched.next(),
            (Some(_), _) => indexed.next(),
            (None, _) => touched.next(),
        });
        ids.filter_map(|id| self.rows.get(id))
    }

    /// How many rows [`Table::by`] would list, without listing them.
    pub(crate) fn count(&self, index: &'static str, value: &str) -> usize {
        let indexed = self.index.get(index).and_then(|values| values.get(value));
        let touched = self.before.keys().filter_map(|id| self.rows.get(id));
        indexed.map_or(0, BTreeSet::len)
            + touched.filter(|row| row.keys().contains(&(index, value))).count()
    }

    /// The ids of the rows whose state is to change by `now`, in the order in which it does.
    pub(crate) fn due(&self, now: u64) -> Vec<String> {
        let queued = self.queue.iter().take_while(|(due, _)| *due <= now).cloned();
        let mut due: BTreeSet<(u64, String)> = queued.collect();
        let touched = self.before.keys().filter_map(|id| Some((self.rows.get(id)?.due()?, id)));
        due.extend(touched.filter(|(due, _)| *due <= now).map(|(due, id)| (due, id.clone())));
        due.into_iter().map(|(_, id)| id).collect()
    }

    /// Remembers a row as it is before it changes, and takes it out of the indexes.
    fn touch(&mut self, id: &str) {
        if self.before.contains_key(id) {
            return;
        }
        let row = self.rows.get(id).cloned();
        if let Some(row) = &row {
            self.unlist(id, row);
        }
        self.before.insert(id.to_owned(), row);
    }

    fn list(&mut self, id: &str, row: &T) {
        for (index, value) in row.keys() {
            let values = self.index.entry(index).or_default();
            values.entry(value.to_owned()).or_default().insert(id.to_owned());
        }
        if let Some(due) = row.due() {
            self.queue.insert((due, id.to_owned()));
        }
    }

    fn unlist(&mut self, id: &str, row: &T) {
        for (index, value) in row.keys() {
            let Some(values) = self.index.get_mut(index) else { continue };
            let Some(ids) = values.get_mut(value) else { continue };
            ids.remove(id);
            if ids.is_empty() {
                values.remove(value);
            }
        }
        if let Some(due) = row.due() {
            self.queue.remove(&(due, id.to_owned()));
        }
    }

    /// Whether a row is another than at the last commit.
    fn differs(&self, id: &str) -> bool {
        self.before.get(id).is_some_and(|before| self.rows.get(id) != before.as_ref())
    }

    /// Puts a row into the indexes again, once it will not be changed any more.
    fn relist(&mut self, id: &str) {
        if let Some(row) = self.rows.remove(id) {
            self.list(id, &row);
            self.rows.insert(id.to_owned(), row);
        }
    }
}

/// A table whatever its rows are.
pub(crate) trait AnyTable {
    /// The rows that changed since the last commit, by id, as JSON; `None` for a removed one.
    fn changes(&self) -> serde_json::Result<Vec<(&str, Option<String>)>>;
    /// The ids of the rows that changed since the last commit, and whether each is gone.
    fn changed(&self) -> Vec<(&str, bool)>;
    /// These rows as JSON, without those that [`AnyTable::changes`] lists; `None` for a removed
    /// one.
    fn unchanged<'a>(
        &self,
        ids: &'a BTreeSet<String>,
    ) -> serde_json::Result<Vec<(&'a str, Option<String>)>>;
    /// How many rows there are.
    fn rows(&self) -> usize;
    /// Keeps what changed, and returns the rows as they were, for [`AnyTable::restore`].
    fn commit(&mut self) -> Option<Box<dyn Any + Send>>;
    /// Takes back what changed since the last commit.
    fn roll_back(&mut self);
    /// Puts rows back to what they were before a commit. This is a change like any other.
    fn restore(&mut self, former: &(dyn Any + Send));
    /// What makes such a table of rows.
    fn loader(&self) -> Loader;
    /// Becomes the table that its loader made.
    fn replace(&mut self, loaded: Loaded);
}

/// A table that was loaded, whatever its rows are.
pub(crate) type Loaded = Box<dyn Any + Send>;

/// Makes a table of the rows of the state file as they are by now, on any thread: id and JSON, in
/// the order in which they were written, and empty text where a row was removed.
pub(crate) type Loader = fn(Vec<(&str, &str)>, u64) -> anyhow::Result<Loaded>;

fn load<T: Row>(rows: Vec<(&str, &str)>, now: u64) -> anyhow::Result<Loaded> {
    // The last version of a row counts; the former ones need not be parsed.
    let last: BTreeMap<&str, &str> = rows.into_iter().collect();
    let alive: Vec<(&str, &str)> = last.into_iter().filter(|(_, row)| !row.is_empty()).collect();
    let mut rows: Vec<(String, T)> = load::parse(&alive)?;
    let mut table = Table::default();
    for (id, row) in &mut rows {
        row.settle(now);
        table.list(id, row);
    }
    table.rows = rows.into_iter().collect();
    Ok(Box::new(table))
}

impl<T: Row> AnyTable for Table<T> {
    fn changes(&self) -> serde_json::Result<Vec<(&str, Option<String>)>> {
        let row = |id| self.rows.get(id).map(serde_json::to_string).transpose();
        self.changed().into_iter().map(|(id, _)| Ok((id, row(id)?))).collect()
    }

    fn changed(&self) -> Vec<(&str, bool)> {
        let changed = self.before.keys().filter(|id| self.differs(id));
        changed.map(|id| (id.as_str(), !self.rows.contains_key(id))).collect()
    }

    fn unchanged<'a>(
        &self,
        ids: &'a BTreeSet<String>,
    ) -> serde_json::Result<Vec<(&'a str, Option<String>)>> {
        let row = |id| self.rows.get(id).map(serde_json::to_string).transpose();
        let unchanged = ids.iter().filter(|id| !self.differs(id));
        unchanged.map(|id| Ok((id.as_str(), row(id)?))).collect()
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn commit(&mut self) -> Option<Box<dyn Any + Send>> {
        if self.before.is_empty() {
            return None;
        }
        let mut former = std::mem::take(&mut self.before);
        for id in former.keys() {
            self.relist(id);
        }
        former.retain(|id, before| self.rows.get(id) != before.as_ref());
        (!former.is_empty()).then(|| Box::new(former) as Box<dyn Any + Send>)
    }

    fn roll_back(&mut self) {
        for (id, before) in std::mem::take(&mut self.before) {
            match before {
                Some(row) => {
                    self.list(&id, &row);
                    self.rows.insert(id, row);
                }
                None => {
                    self.rows.remove(&id);
                }
            }
        }
    }

    fn restore(&mut self, former: &(dyn Any + Send)) {
        let Some(former) = former.downcast_ref::<BTreeMap<String, Option<T>>>() else { return };
        for (id, row) in former {
            match row {
                Some(row) => self.insert(id.clone(), row.clone()),
                None => self.remove(id),
            };
        }
    }

    fn loader(&self) -> Loader {
        load::<T>
    }

    fn replace(&mut self, loaded: Loaded) {
        if let Ok(table) = loaded.downcast::<Table<T>>() {
            *self = *table;
        }
    }
}

/// The tables of one service, each under a name that the state file uses.
pub(crate) trait Tables {
    fn each(&mut self, visit: &mut dyn FnMut(&'static str, &mut dyn AnyTable));
}

/// Declares the state of a service: a struct whose members are tables.
///
/// `tables! { "efs" => pub(crate) struct Efs { file_systems: FileSystem, … } }`
macro_rules! tables {
    ($service:literal => $(#[$doc:meta])* $vis:vis struct $name:ident {
        $($(#[$member_doc:meta])* $member:ident: $row:ty),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        $vis struct $name {
            $($(#[$member_doc])* pub(crate) $member: $crate::table::Table<$row>,)*
        }

        impl $crate::table::Tables for $name {
            fn each(
                &mut self,
                visit: &mut dyn FnMut(&'static str, &mut dyn $crate::table::AnyTable),
            ) {
                $(visit(concat!($service, ".", stringify!($member)), &mut self.$member);)*
            }
        }
    };
}
pub(crate) use tables;

#[cfg(test)]
mod tests;
