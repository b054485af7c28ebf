//! Encoders, objectives and baselines on one collection with one split, in one table.

mod baselines;
mod contest;
mod read;

use std::io::Write;
use std::time::Instant;

use serde::Serialize;

use self::contest::{Held, Objective};
use self::read::Points;
use crate::atomic_file::AtomicFile;
use crate::config::{EvaluateConfig, TableFormat, training};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::evaluate::table::{EvaluationTable, FeatureMatch, Measure, Row, RowKind};
use crate::evaluate::{Figures, Judged, Labels, Rows, Split, Spreads, matching, outside};
use crate::job::{Control, Reporter};
use crate::numpy::{self, NpyMatrix};
use crate::source;

/// What `evaluate` says.
#[derive(Clone, Debug, Serialize)]
pub struct EvaluateAnswer {
    /// The table.
    #[serde(flatten)]
    pub table: EvaluationTable,
    /// How it is to be printed.
    #[serde(skip)]
    pub format: TableFormat,
}

/// An objective's or an encoder's row while it is being made.
struct Contestant {
    row: Row,
    /// One a seed.
    runs: Vec<Figures>,
}

pub(super) fn run(config: &EvaluateConfig, control: &Control, reporter: &mut Reporter) -> Result<EvaluateAnswer> {
    let began = Instant::now();
    let objectives = check(config)?;
    if let Some(output) = &config.output {
        crate::atomic_file::check(output)?;
    }
    let encoders = config.encoder.iter().map(Encoder::read).collect::<Result<Vec<_>>>()?;
    let known = known_outliers(config)?;
    let mut source = source::open(&config.collection, control, reporter)?;
    for encoder in &encoders {
        encoder.check_dim(&source.info().title, source.info().dim)?;
    }
    if let (Some(known), Some(path)) = (&known, &config.against) {
        let (found, expected) = (known.columns, source.info().dim);
        if found != expected {
            return Err(Error::Dimension { what: path.display().to_string(), found, expected });
        }
    }
    let points = read::points(config, source.as_mut(), control, reporter)?;
    drop(source);
    let (train, queries) = read::split(config, &points)?;
    let labels = points.labels.as_ref().map(|labels| {
        let pick = |rows: &[usize]| rows.iter().map(|i| labels[*i].clone()).collect::<Vec<_>>();
        Labels::new(&pick(&train), &pick(&queries))
    });
    let held = held_out(config, labels.as_ref())?;
    reporter.stage("exact neighbours of the queries", "queries", Some(queries.len() as u64));
    let vectors = (points.vectors_of(&train), points.vectors_of(&queries));
    let split = Split::new(vectors, points.dim, points.distance, labels, config.seed, control)?;
    let work = Work { config, points: &points, split: &split, places: (&train, &queries), known: known.as_ref() };

    let mut notes = Vec::new();
    let (mut contestants, matches) = work.given(&encoders, &mut notes, control, reporter)?;
    let first = contestants.len();
    for objective in &objectives {
        contestants.push(work.trained(objective, &mut notes, control, reporter)?);
    }
    let mut baselines = baselines::baselines(&split, control, reporter)?;
    baselines.extend(work.outlier_baselines(&held, control, reporter)?);
    for label in &held {
        work.without(label, &objectives, &mut contestants[first..], control, reporter)?;
    }
    let mut rows: Vec<Row> = contestants.into_iter().map(|c| filled(c.row, &c.runs)).collect();
    rows.extend(baselines.into_iter().map(|(name, figures)| filled(row(name, RowKind::Baseline), &[figures])));
    let table = EvaluationTable {
        collection: points.title.clone(),
        dim: points.dim,
        train_points: train.len(),
        queries: queries.len(),
        label_field: config.labels.clone(),
        labels: split.labels.as_ref().map(|labels| labels.names.clone()).unwrap_or_default(),
        seed: config.seed,
        rows,
        matches,
        notes,
        seconds: began.elapsed().as_secs_f64(),
    };
    if let Some(output) = &config.output {
        let text = serde_json::to_string_pretty(&table)
            .map_err(|problem| Error::setting(format!("{}: {problem}", output.display())))?;
        let mut file = AtomicFile::create(output)?;
        file.file().write_all(text.as_bytes()).map_err(Error::io(output))?;
        file.commit()?;
    }
    Ok(EvaluateAnswer { table, format: config.format })
}

fn check(config: &EvaluateConfig) -> Result<Vec<Objective>> {
    if config.encoder.is_empty() && config.objective.is_empty() {
        return Err(Error::setting("name encoders (--encoder F …) or objectives (--objective compatible,balanced)"));
    }
    if config.seeds == 0 {
        return Err(Error::setting("--seeds must be at least 1"));
    }
    if !config.hold_out.is_empty() && config.objective.is_empty() {
        return Err(Error::setting(
            "--hold-out trains without a label, and so needs --objective; for encoders that are there --against F.npy \
             names known outliers",
        ));
    }
    let objective = |text: &String| Ok(Objective { name: text.clone(), config: training(text)? });
    config.objective.iter().map(objective).collect()
}

/// Vectors that are known to be outliers.
struct Known {
    vectors: Vec<f32>,
    columns: usize,
}

fn known_outliers(config: &EvaluateConfig) -> Result<Option<Known>> {
    let Some(path) = &config.against else { return Ok(None) };
    let mut file = NpyMatrix::open(path)?;
    let (vectors, columns) = (file.read_all()?, file.columns());
    if vectors.is_empty() {
        return Err(Error::Empty(path.display().to_string()));
    }
    numpy::check_finite(&path.display().to_string(), &vectors, columns, 0)?;
    Ok(Some(Known { vectors, columns }))
}

/// The labels that are held out, one after the other.
fn held_out(config: &EvaluateConfig, labels: Option<&Labels>) -> Result<Vec<String>> {
    if config.hold_out.is_empty() {
        return Ok(Vec::new());
    }
    let Some(labels) = labels else {
        return Err(Error::setting("--hold-out needs labels: name their payload field with --labels FIELD"));
    };
    if config.hold_out == ["all"] && !labels.names.iter().any(|name| name == "all") {
        return Ok(labels.names.clone());
    }
    for name in &config.hold_out {
        if !labels.names.contains(name) {
            let known = labels.names.join(", ");
            return Err(Error::setting(format!("--hold-out {name}: the labels are {known}")));
        }
    }
    Ok(config.hold_out.clone())
}

fn row(name: String, kind: RowKind) -> Row {
    Row {
        name,
        kind,
        encoder: None,
        objective: None,
        shape: None,
        seeds: Vec::new(),
        own_decoder: None,
        measures: Default::default(),
        recall: Vec::new(),
        sizes: Vec::new(),
        outliers: Vec::new(),
    }
}

/// The row with the means of its runs. What was noted before stays.
fn filled(row: Row, runs: &[Figures]) -> Row {
    let spreads = Spreads::of(runs);
    let mut measures = spreads.measures;
    measures.extend(row.measures);
    Row { measures, recall: spreads.recall, sizes: spreads.sizes, outliers: spreads.outliers, ..row }
}

/// What every row needs.
struct Work<'a> {
    config: &'a EvaluateConfig,
    points: &'a Points,
    split: &'a Split,
    /// Where among the points those are that are trained on, and the queries.
    places: (&'a [usize], &'a [usize]),
    known: Option<&'a Known>,
}

impl Work<'_> {
    fn known(&self) -> Option<&[f32]> {
        self.known.map(|known| known.vectors.as_slice())
    }

    /// The encoders that were given, and the features of each two of them, matched.
    fn given(
        &self,
        encoders: &[Encoder],
        notes: &mut Vec<String>,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<(Vec<Contestant>, Vec<FeatureMatch>)> {
        let mut judged: Vec<(String, Judged)> = Vec::new();
        let mut contestants = Vec::new();
        if !encoders.is_empty() {
            reporter.stage("measuring", "encoders", Some(encoders.len() as u64));
        }
        for (encoder, path) in encoders.iter().zip(&self.config.encoder) {
            let found = contest::measured(encoder, self.split, self.known(), control, reporter)?;
            let name = path.file_stem().map_or_else(|| path.display().to_string(), |s| s.to_string_lossy().into());
            let settings = encoder.meta.settings.as_ref();
            let row = Row {
                encoder: Some(path.clone()),
                objective: settings.and_then(|s| s.get("objective")?.as_str()).map(str::to_owned),
                shape: Some((encoder.blocks(), encoder.block_size())),
                own_decoder: Some(found.own_decoder),
                ..row(name.clone(), RowKind::Encoder)
            };
            contestants.push(Contestant { row, runs: vec![found.figures.clone()] });
            judged.push((name, found));
        }
        if !encoders.is_empty() {
            notes.push(
                "encoders that were given may have been trained on the queries: the same split and seed, or points \
                 of their own, are needed to compare them with what is trained here"
                    .into(),
            );
        }
        let mut matches = Vec::new();
        for (i, (one_name, one)) in judged.iter().enumerate() {
            for (other_name, other) in &judged[i + 1..] {
                match contest::matched((one_name, one), (other_name, other), control)? {
                    Some(found) => matches.push(found),
                    None => note_of_many(notes),
                }
            }
        }
        Ok((contestants, matches))
    }

    /// An objective, trained with each seed.
    fn trained(
        &self,
        objective: &Objective,
        notes: &mut Vec<String>,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Contestant> {
        let mut judged: Vec<Judged> = Vec::new();
        let mut row = Row {
            objective: Some(objective.config.objective.to_string()),
            seeds: contest::seeds(self.config).collect(),
            ..row(objective.name.clone(), RowKind::Encoder)
        };
        let telling = (control, &mut *reporter);
        contest::train(
            self.config,
            objective,
            self.points,
            self.places,
            telling,
            |seed, encoder, seconds, reporter| {
                reporter.stage(format!("measuring {}, seed {seed}", objective.name), "encoders", Some(1));
                let mut found = contest::measured(&encoder, self.split, self.known(), control, reporter)?;
                found.figures.set(Measure::Seconds, seconds);
                row.shape = Some((encoder.blocks(), encoder.block_size()));
                row.own_decoder = Some(found.own_decoder);
                judged.push(found);
                Ok(())
            },
        )?;
        if judged.len() > 1 {
            let stable = contest::stability(&judged, control)?;
            if stable[0].1.is_none() {
                note_of_many(notes);
            }
            row.measures.extend(stable);
        }
        Ok(Contestant { row, runs: judged.into_iter().map(|found| found.figures).collect() })
    }

    /// Trains each objective without a label, and notes how well it is told.
    fn without(
        &self,
        label: &str,
        objectives: &[Objective],
        contestants: &mut [Contestant],
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<()> {
        let (train, queries) = (self.inside(self.places.0, label), self.inside(self.places.1, label));
        let held = self.held(label);
        for (objective, contestant) in objectives.iter().zip(contestants) {
            let mut run = 0;
            let telling = (control, &mut *reporter);
            contest::train(self.config, objective, self.points, (&train, &queries), telling, |seed, encoder, _, _| {
                let told = contest::told_label(&encoder, self.split, &held, seed, control)?;
                if let Some(figures) = contestant.runs.get_mut(run) {
                    figures.outliers.extend(told);
                }
                run += 1;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The places of points that do not have a label.
    fn inside(&self, places: &[usize], label: &str) -> Vec<usize> {
        let labels = self.points.labels.as_deref().unwrap_or_default();
        let has = |place: &usize| labels.get(*place).is_some_and(|own| own.as_deref() == Some(label));
        places.iter().copied().filter(|place| !has(place)).collect()
    }

    fn held(&self, label: &str) -> Held {
        let inside = self.inside(self.places.1, label);
        Held {
            name: label.to_owned(),
            train: self.points.vectors_of(&self.inside(self.places.0, label)),
            outside: self.places.1.iter().map(|place| inside.binary_search(place).is_err()).collect(),
        }
    }

    /// What tells outliers without an encoder. Nothing where there are none.
    fn outlier_baselines(
        &self,
        held: &[String],
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<(String, Figures)>> {
        let (mut near, mut cloud) = (Figures::default(), Figures::default());
        let distance = self.split.distance;
        reporter.stage("outliers without an encoder", "labels", Some(held.len() as u64));
        if let Some(known) = self.known() {
            let train = self.split.train();
            near.outliers = contest::told_known(self.split, known, control, |vectors, control| {
                Ok(vec![outside::neighbour(train, distance, vectors, control)?])
            })?;
            cloud.outliers = contest::told_known(self.split, known, control, |vectors, control| {
                Ok(vec![outside::mahalanobis(train, vectors, control)?])
            })?;
        }
        for label in held {
            let held = self.held(label);
            let (train, queries) = (Rows::new(&held.train, self.split.dim), self.split.queries());
            let by_near = outside::neighbour(train, distance, queries, control)?;
            near.outliers.extend(outside::told(&[by_near], &held.outside, Some(label)));
            let by_cloud = outside::mahalanobis(train, queries, control)?;
            cloud.outliers.extend(outside::told(&[by_cloud], &held.outside, Some(label)));
            reporter.advance(1);
        }
        let all = [("nearest neighbour".to_owned(), near), ("Mahalanobis".to_owned(), cloud)];
        Ok(all.into_iter().filter(|(_, figures)| !figures.outliers.is_empty()).collect())
    }
}

/// Notes, once, that features were not matched.
fn note_of_many(notes: &mut Vec<String>) {
    let note =
        format!("features of encoders with none, or more than {} of them, that live were not matched", matching::MOST);
    if !notes.contains(&note) {
        notes.push(note);
    }
}
