//! The table of all features: its order, its filter, and the densities at the present threshold.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scatter::{Axes, Brush, Scatter};
use crate::features::{FIRES_ABOVE, FeatureIndex, FeatureNotes, FeatureStats};

/// A column that the table can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// Whether it is pinned.
    Pin,
    /// Its index over all blocks, and so its block, too.
    Index,
    /// Its name.
    Name,
    /// Share of points above the threshold.
    Density,
    /// Share of points for which it wins its block.
    Wins,
    /// Mean activation.
    Mean,
    /// Largest activation.
    Max,
    /// Score of a suggested name.
    Score,
}

impl Column {
    /// All, as they stand from left to right.
    pub const ALL: [Self; 8] =
        [Self::Pin, Self::Index, Self::Name, Self::Density, Self::Wins, Self::Max, Self::Mean, Self::Score];

    /// What its head says.
    pub fn title(self) -> &'static str {
        match self {
            Self::Pin => "Pin",
            Self::Index => "Feature",
            Self::Name => "Name",
            Self::Density => "Density",
            Self::Wins => "Win rate",
            Self::Mean => "Mean",
            Self::Max => "Max",
            Self::Score => "Score",
        }
    }

    /// Whether a first click puts the largest first.
    fn large_first(self) -> bool {
        !matches!(self, Self::Index | Self::Name)
    }
}

/// An order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By this.
    pub column: Column,
    /// With the largest first.
    pub descending: bool,
}

impl Sort {
    /// After a click on a column's head: the other way round, or by that column.
    pub fn clicked(self, column: Column) -> Self {
        let descending = if self.column == column { !self.descending } else { column.large_first() };
        Self { column, descending }
    }
}

/// What the table shows, and in which order. It can be taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Lens {
    /// The order.
    pub sort: Sort,
    /// What is typed into the filter.
    pub filter: String,
    /// The rectangle in the scatter.
    pub brush: Option<Brush>,
    /// What the scatter's axes are.
    pub axes: Axes,
}

impl Default for Lens {
    fn default() -> Self {
        Self {
            sort: Sort { column: Column::Wins, descending: true },
            filter: String::new(),
            brush: None,
            axes: Axes::default(),
        }
    }
}

impl Lens {
    /// In words, what is other than in `before`: "Sort by density".
    pub(super) fn difference(&self, before: &Self) -> String {
        if self.sort != before.sort {
            format!("Sort by {}", self.sort.column.title().to_lowercase())
        } else if self.axes != before.axes {
            "Axes of the scatter".into()
        } else if self.brush != before.brush {
            if self.brush.is_some() { "Brush".into() } else { "Clear the brush".into() }
        } else if self.filter.is_empty() {
            "Clear the filter".into()
        } else {
            format!("Filter \"{}\"", self.filter.trim())
        }
    }
}

/// Beyond so many features the table is prepared by a worker: it takes longer than a frame.
const AT_ONCE: usize = 4_096;

/// The table: prepared when something changes, and only read by what draws.
#[derive(Debug, Default)]
pub struct Table {
    /// Which features are to be shown, and in which order.
    pub lens: Lens,
    ready: Prepared,
    version: u64,
    /// The bin of the threshold that was asked for last.
    asked: usize,
    /// Whether something has changed since a worker was asked.
    stale: bool,
}

/// What the table shows under a lens.
#[derive(Debug, Default)]
pub struct Prepared {
    /// Features in all.
    features: usize,
    dead: usize,
    /// All features, sorted. Sorting again from here is quick where little has moved.
    order: Vec<u32>,
    rows: Vec<u32>,
    /// The row of each feature, or [`NOWHERE`].
    places: Vec<u32>,
    densities: Densities,
    scatter: Scatter,
    brushed: usize,
}

/// What a worker prepares a table from.
#[derive(Debug)]
pub struct Preparing {
    index: Arc<FeatureIndex>,
    lens: Lens,
    notes: FeatureNotes,
    threshold: f32,
}

impl Preparing {
    pub(super) fn run(&self) -> Prepared {
        let mut prepared = Prepared::of(&self.index);
        prepared.prepare(&self.index, &self.lens, Some(&self.notes), self.threshold);
        prepared
    }
}

/// The row of a feature that is not shown.
const NOWHERE: u32 = u32::MAX;

impl Table {
    /// The features that are shown, in their order.
    pub fn rows(&self) -> &[u32] {
        &self.ready.rows
    }

    /// The row of a feature, where it is shown.
    pub fn row_of(&self, feature: usize) -> Option<usize> {
        self.ready.places.get(feature).copied().filter(|row| *row != NOWHERE).map(|row| row as usize)
    }

    /// Share of points with an activation above the threshold.
    pub fn density(&self, feature: usize) -> f64 {
        self.ready.densities.of(feature)
    }

    /// Where each feature stands in the scatter.
    pub fn scatter(&self) -> &Scatter {
        &self.ready.scatter
    }

    /// Whether a filter or a brush is on.
    pub fn is_narrowed(&self) -> bool {
        self.lens.brush.is_some() || !self.lens.filter.trim().is_empty()
    }

    /// Features inside the brush.
    pub fn brushed(&self) -> usize {
        self.ready.brushed
    }

    /// Features that never win.
    pub fn dead(&self) -> usize {
        self.ready.dead
    }

    /// Whether it shows the features of an encoder with so many.
    pub fn is_ready(&self, features: usize) -> bool {
        self.ready.features == features
    }

    /// Changes whenever anything in the table does.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether the densities are, or will be, at a threshold.
    pub(super) fn threshold_fits(&self, threshold: f32) -> bool {
        self.asked == bin(threshold)
    }

    /// Another index is there.
    pub(super) fn reset(&mut self, index: &FeatureIndex) {
        if index.features() <= AT_ONCE {
            let order = std::mem::take(&mut self.ready.order);
            self.ready = Prepared::of(index);
            if order.len() == index.features() {
                self.ready.order = order;
            }
        }
    }

    /// There is no index any more. What was sorted and filtered by stays.
    pub(super) fn clear(&mut self) {
        *self = Self { lens: std::mem::take(&mut self.lens), version: self.version + 1, ..Self::default() };
        self.lens.brush = None;
    }

    /// Works everything out anew; or notes that a worker has to.
    pub(super) fn prepare(&mut self, index: &FeatureIndex, notes: Option<&FeatureNotes>, threshold: f32) {
        self.asked = bin(threshold);
        if index.features() > AT_ONCE {
            self.stale = true;
            return;
        }
        self.version += 1;
        self.ready.prepare(index, &self.lens, notes, threshold);
    }

    /// What a worker is to prepare, where something has changed since the last time.
    pub(super) fn waiting(
        &mut self,
        index: &Arc<FeatureIndex>,
        notes: Option<&FeatureNotes>,
        threshold: f32,
    ) -> Option<Preparing> {
        std::mem::take(&mut self.stale).then(|| Preparing {
            index: Arc::clone(index),
            lens: self.lens.clone(),
            notes: notes.cloned().unwrap_or_default(),
            threshold,
        })
    }

    /// A worker has prepared it.
    pub(super) fn take(&mut self, prepared: Prepared) {
        self.version += 1;
        self.ready = prepared;
    }
}

impl Prepared {
    fn of(index: &FeatureIndex) -> Self {
        Self {
            features: index.features(),
            dead: index.table().dead(),
            order: (0..index.features() as u32).collect(),
            densities: Densities::of_index(index),
            ..Self::default()
        }
    }

    fn prepare(&mut self, index: &FeatureIndex, lens: &Lens, notes: Option<&FeatureNotes>, threshold: f32) {
        self.densities.move_to(index, bin(threshold));
        self.scatter.place(index, lens.axes, &self.densities);
        let seen = Seen { stats: &index.table().features, notes, densities: &self.densities };
        sort(&mut self.order, lens.sort, seen);
        let filter = Filter::parse(&lens.filter);
        let names = seen.lower_names(&filter);
        let brush = lens.brush.as_ref();
        self.brushed = 0;
        self.rows.clear();
        for feature in &self.order {
            let at = *feature as usize;
            let inside = brush.is_none_or(|brush| self.scatter.value(at).is_some_and(|value| brush.holds(value)));
            self.brushed += usize::from(inside && brush.is_some());
            if inside && filter.lets(at, seen, names.get(&at).map(String::as_str)) {
                self.rows.push(*feature);
            }
        }
        self.places.clear();
        self.places.resize(self.features, NOWHERE);
        for (row, feature) in self.rows.iter().enumerate() {
            self.places[*feature as usize] = row as u32;
        }
        self.scatter.choose(|feature| self.places[feature] != NOWHERE);
    }
}

/// The bin of the index's histograms that a threshold lies below.
fn bin(threshold: f32) -> usize {
    ((threshold * 1_000.0).round() as usize).min(1_000)
}

/// Densities at a threshold. Moving it costs only the bins that it moves over.
#[derive(Debug, Default)]
pub(super) struct Densities {
    above: Vec<u64>,
    points: f64,
    bin: usize,
}

impl Densities {
    fn of_index(index: &FeatureIndex) -> Self {
        let points = (index.points() as f64).max(1.0);
        // The table's densities are at this threshold.
        let above = index.table().features.iter().map(|f| (f.density * points).round() as u64).collect();
        Self { above, points, bin: bin(FIRES_ABOVE) }
    }

    fn move_to(&mut self, index: &FeatureIndex, bin: usize) {
        let over = self.bin.min(bin)..self.bin.max(bin);
        if over.is_empty() {
            return;
        }
        for (feature, above) in self.above.iter_mut().enumerate() {
            let counts = index.histogram(feature).get(over.clone()).unwrap_or_default();
            let moved: u64 = counts.iter().map(|c| u64::from(*c)).sum();
            *above = if bin > self.bin { above.saturating_sub(moved) } else { *above + moved };
        }
        self.bin = bin;
    }

    pub(super) fn of(&self, feature: usize) -> f64 {
        self.above.get(feature).map_or(0.0, |above| *above as f64 / self.points)
    }
}

/// What rows are judged by.
#[derive(Clone, Copy)]
struct Seen<'a> {
    stats: &'a [FeatureStats],
    notes: Option<&'a FeatureNotes>,
    densities: &'a Densities,
}

impl Seen<'_> {
    fn is_pinned(&self, feature: usize) -> bool {
        self.notes.is_some_and(|notes| notes.pins.contains(&feature))
    }

    /// The names in small letters, where the filter looks at names.
    fn lower_names(&self, filter: &Filter) -> BTreeMap<usize, String> {
        let names = self.notes.filter(|_| !filter.0.is_empty()).map(|notes| &notes.names);
        names.into_iter().flatten().map(|(feature, name)| (*feature, name.name.to_lowercase())).collect()
    }
}

/// Sorts; features without a value stand last either way, and of equal ones the first in the encoder stands first.
fn sort(order: &mut [u32], sort: Sort, seen: Seen) {
    let stats = seen.stats;
    let by_number = |order: &mut [u32], keys: Vec<f64>| {
        let key = |feature: &u32| keys.get(*feature as usize).copied().unwrap_or(f64::NAN);
        order.sort_by(|a, b| {
            let (x, y) = (key(a), key(b));
            let larger = if sort.descending { y.total_cmp(&x) } else { x.total_cmp(&y) };
            x.is_nan().cmp(&y.is_nan()).then(larger).then(a.cmp(b))
        });
    };
    let score = |feature: usize| {
        let name = seen.notes.and_then(|notes| notes.names.get(&feature));
        name.and_then(|name| name.score).map_or(f64::NAN, f64::from)
    };
    match sort.column {
        Column::Index => by_number(order, (0..stats.len()).map(|i| i as f64).collect()),
        Column::Pin => by_number(order, (0..stats.len()).map(|i| f64::from(u8::from(seen.is_pinned(i)))).collect()),
        Column::Density => by_number(order, (0..stats.len()).map(|i| seen.densities.of(i)).collect()),
        Column::Wins => by_number(order, stats.iter().map(|f| f.win_rate).collect()),
        Column::Mean => by_number(order, stats.iter().map(|f| f.mean).collect()),
        Column::Max => by_number(order, stats.iter().map(|f| f64::from(f.max)).collect()),
        Column::Score => by_number(order, (0..stats.len()).map(score).collect()),
        Column::Name => {
            let names = seen.notes.map(|notes| &notes.names);
            let lower: BTreeMap<u32, String> =
                names.into_iter().flatten().map(|(i, name)| (*i as u32, name.name.to_lowercase())).collect();
            order.sort_by(|a, b| match (lower.get(a), lower.get(b)) {
                (Some(x), Some(y)) => (if sort.descending { y.cmp(x) } else { x.cmp(y) }).then(a.cmp(b)),
                (x, y) => x.is_none().cmp(&y.is_none()).then(a.cmp(b)),
            });
        }
    }
}

/// A filter: a feature has to fit all of its words.
#[derive(Debug, Default, PartialEq)]
struct Filter(Vec<Word>);

/// A word fits by what it means, or by being in the name.
#[derive(Debug, PartialEq)]
struct Word {
    text: String,
    meaning: Meaning,
}

#[derive(Debug, PartialEq)]
enum Meaning {
    Dead,
    Alive,
    Pinned,
    Named,
    Unnamed,
    Block(usize),
    /// An index that begins with these digits.
    Index(usize),
    Text,
}

impl Filter {
    fn parse(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut words = Vec::new();
        let mut parts = text.split_whitespace().peekable();
        while let Some(part) = parts.next() {
            if part == "block"
                && let Some(block) = parts.peek().and_then(|next| next.parse().ok())
            {
                parts.next();
                words.push(Word { text: format!("block {block}"), meaning: Meaning::Block(block) });
                continue;
            }
            let meaning = match part {
                "dead" => Meaning::Dead,
                "alive" => Meaning::Alive,
                "pinned" => Meaning::Pinned,
                "named" => Meaning::Named,
                "unnamed" => Meaning::Unnamed,
                _ => part.parse().map_or(Meaning::Text, Meaning::Index),
            };
            words.push(Word { text: part.to_owned(), meaning });
        }
        Self(words)
    }

    fn lets(&self, feature: usize, seen: Seen, name: Option<&str>) -> bool {
        let stats = &seen.stats[feature];
        self.0.iter().all(|word| {
            let fits = match word.meaning {
                Meaning::Dead => stats.is_dead(),
                Meaning::Alive => !stats.is_dead(),
                Meaning::Pinned => seen.is_pinned(feature),
                Meaning::Named => name.is_some(),
                Meaning::Unnamed => name.is_none(),
                Meaning::Block(block) => stats.block == block,
                Meaning::Index(digits) => begins_with(feature, digits),
                Meaning::Text => false,
            };
            fits || name.is_some_and(|name| name.contains(&word.text))
        })
    }
}

/// Whether a number's digits begin with those of another.
fn begins_with(mut number: usize, digits: usize) -> bool {
    if digits == 0 {
        return number == 0;
    }
    while number > digits {
        number /= 10;
    }
    number == digits
}
