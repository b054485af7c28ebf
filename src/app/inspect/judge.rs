//! Judging on a worker: an inspector that stays open from one batch to the next, and where it leaves what it finds.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use image::RgbImage;

use super::card::{Card, Input};
use super::{MOST, NEAREST};
use crate::app::{Held, Problem};
use crate::config::{CollectionArgs, ModelArgs};
use crate::embed::{Download, Side};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::ConfidenceScale;
use crate::features::outlier::{Calibration, OutlierScores};
use crate::job::{Control, Reporter};
use crate::picture;
use crate::pipeline::{InspectInputs, InspectItem, InspectSettings, Inspector, PictureInput};
use crate::point::PointId;
use crate::source;

/// What an inspector is opened over.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The collection.
    pub collection: CollectionArgs,
    /// The encoder.
    pub encoder: Arc<Encoder>,
    /// The model.
    pub model: ModelArgs,
    /// The confidences of the collection's points, where they are known already.
    pub scale: Option<Arc<ConfidenceScale>>,
}

impl Opening {
    fn open(&self, control: &Control, reporter: &mut Reporter) -> Result<Inspector> {
        let source = source::open(&self.collection, control, reporter)?;
        Inspector::new(self.encoder.clone(), source, self.model.clone())
    }
}

/// What is judged.
#[derive(Clone, Debug)]
pub enum Ask {
    /// A picture's file.
    File(PathBuf),
    /// A picture that is in no file, with its name.
    Pixels(String, Arc<RgbImage>),
    /// A text.
    Text(String),
    /// A point of the collection.
    Point(PointId),
}

impl Ask {
    /// What a card shows; none while its picture is made ready.
    pub(in crate::app) fn of(card: &Card) -> Option<Self> {
        Some(match &card.input {
            Input::File(path) => Self::File(path.clone()),
            Input::Pixels(_) => Self::Pixels(card.name.clone(), card.pixels.as_ref()?.whole.clone()),
            Input::Text(text) => Self::Text(text.clone()),
            Input::Point(id) => Self::Point(*id),
        })
    }

    /// The side of the model that it goes through; none where its vector is in the collection.
    pub(in crate::app) fn side(&self) -> Option<Side> {
        match self {
            Self::File(_) | Self::Pixels(..) => Some(Side::Pictures),
            Self::Text(_) => Some(Side::Texts),
            Self::Point(_) => None,
        }
    }

    /// As the inspector takes it.
    pub(in crate::app) fn inputs(&self) -> InspectInputs {
        let mut inputs = InspectInputs::default();
        match self {
            Self::File(path) => inputs.pictures.push(PictureInput::File(path.clone())),
            Self::Pixels(name, picture) => {
                inputs.pictures.push(PictureInput::Pixels { name: name.clone(), picture: picture.clone() });
            }
            Self::Text(text) => inputs.texts.push(text.clone()),
            Self::Point(id) => inputs.ids.push(*id),
        }
        inputs
    }
}

/// What a worker finds on its way.
#[derive(Debug)]
pub enum Note {
    /// The confidences of the collection's points.
    Scale(Arc<ConfidenceScale>),
    /// A model is not on this machine, and these wait for it.
    Needs(Download, Vec<u64>),
    /// What became of one.
    Found(u64, std::result::Result<Box<InspectItem>, Problem>),
    /// The points that all are compared with, or why there are none.
    Calibrated(std::result::Result<Arc<Calibration>, String>),
    /// How outlying one is.
    Scored(u64, OutlierScores),
    /// One is a folder, with these pictures.
    Folder(u64, Vec<PathBuf>),
}

/// Where a worker leaves what it finds, for the window to take.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Mutex<Vec<Note>>>);

impl Outbox {
    /// Leaves something.
    pub fn leave(&self, note: Note) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    /// Takes all of it; nothing where the worker is just leaving something.
    pub(super) fn take(&self) -> Vec<Note> {
        self.0.try_lock().map(|mut notes| std::mem::take(&mut *notes)).unwrap_or_default()
    }
}

/// A batch to judge.
#[derive(Debug)]
pub struct Batch {
    /// Where the inspector stays open.
    pub held: Held<Inspector>,
    /// What it is opened over.
    pub opening: Opening,
    /// What is judged, each under its card's number.
    pub asks: Vec<(u64, Ask)>,
    /// How.
    pub settings: InspectSettings,
    /// Models that may be downloaded.
    pub allowed: HashSet<String>,
    /// Where to leave what is found.
    pub outbox: Outbox,
}

impl Batch {
    pub(super) fn judge(self, control: &Control, reporter: &mut Reporter) -> Result<()> {
        let Self { held, opening, mut asks, settings, allowed, outbox } = self;
        asks.retain(|(card, ask)| match ask {
            Ask::File(path) if path.is_dir() => {
                outbox.leave(folder(*card, path, control));
                false
            }
            _ => true,
        });
        if asks.is_empty() {
            return Ok(());
        }
        held.with(
            reporter,
            |reporter| opening.open(control, reporter),
            |inspector, reporter| {
                if let Some(scale) = &opening.scale {
                    inspector.set_scale(scale.clone());
                }
                ask_for_models(inspector, &mut asks, &allowed, &outbox, control)?;
                if asks.is_empty() {
                    return Ok(());
                }
                one_by_one(inspector, &asks, &settings, &outbox, control, reporter)
            },
        )
    }
}

/// What a folder becomes: its pictures.
fn folder(card: u64, path: &Path, control: &Control) -> Note {
    let problem = |text: String, hint: &str| Problem { text, hint: Some(hint.to_owned()), about: Default::default() };
    match picture::gather(path, control) {
        Ok(found) if found.pictures.is_empty() => {
            let text = format!("{}: is a folder without pictures", path.display());
            Note::Found(card, Err(problem(text, "drop pictures, or a folder of pictures")))
        }
        Ok(found) => Note::Folder(card, found.pictures.into_iter().take(MOST).map(|found| found.path).collect()),
        Err(error) => Note::Found(card, Err(Problem::from(&error))),
    }
}

/// Leaves out what would need a download that nobody has allowed, and what its model has no side for.
fn ask_for_models(
    inspector: &mut Inspector,
    asks: &mut Vec<(u64, Ask)>,
    allowed: &HashSet<String>,
    outbox: &Outbox,
    control: &Control,
) -> Result<()> {
    for side in [Side::Pictures, Side::Texts] {
        let of_side = |ask: &(u64, Ask)| ask.1.side() == Some(side);
        if !asks.iter().any(of_side) {
            continue;
        }
        let note = match inspector.needs_download(side, control) {
            Ok(None) => continue,
            Ok(Some(download)) if allowed.contains(&download.model) => continue,
            Ok(Some(download)) => Ok(download),
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => {
                let mut problem = Problem::from(&error);
                if matches!(error, Error::Model { .. }) {
                    let hint = "choose the model that the collection was made with, over the cards";
                    problem.hint.get_or_insert_with(|| hint.to_owned());
                }
                Err(problem)
            }
        };
        let (out, rest): (Vec<_>, Vec<_>) = std::mem::take(asks).into_iter().partition(of_side);
        *asks = rest;
        let cards = out.into_iter().map(|(card, _)| card);
        match note {
            Ok(download) => outbox.leave(Note::Needs(download, cards.collect())),
            Err(problem) => cards.for_each(|card| outbox.leave(Note::Found(card, Err(problem.clone())))),
        }
    }
    Ok(())
}

/// Judges one after another, so that each is on the screen as soon as it is judged.
fn one_by_one(
    inspector: &mut Inspector,
    asks: &[(u64, Ask)],
    settings: &InspectSettings,
    outbox: &Outbox,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<()> {
    outbox.leave(Note::Scale(inspector.scale(control, reporter)?));
    // What nobody has allowed is not among them.
    let settings = InspectSettings { nearest: NEAREST, allow_download: true, ..*settings };
    // Each tells of stages of its own and may warn of the same: only the first is heard.
    let mut silent = Reporter::silent();
    let mut judged = Vec::with_capacity(asks.len());
    for (n, (card, ask)) in asks.iter().enumerate() {
        control.check_whole()?;
        let own = if n == 0 { &mut *reporter } else { &mut silent };
        let mut answer = inspector.inspect(&ask.inputs(), &settings, control, own)?;
        let found = match (answer.items.pop(), answer.failed.pop()) {
            (Some(item), _) => {
                judged.push((*card, item.id, item.vector.clone()));
                Ok(Box::new(item))
            }
            (None, Some((_, text))) => Err(Problem { text, hint: None, about: Default::default() }),
            (None, None) => continue,
        };
        outbox.leave(Note::Found(*card, found));
        if n == 0 {
            reporter.stage("inspecting", "inputs", Some(asks.len() as u64));
        }
        reporter.advance(1);
    }
    compare(inspector, &judged, outbox, control, reporter)
}

/// Says how outlying those are that were judged. The first time points to compare with are read, so that this comes last.
fn compare(
    inspector: &mut Inspector,
    judged: &[(u64, Option<PointId>, Vec<f32>)],
    outbox: &Outbox,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<()> {
    if judged.is_empty() {
        return Ok(());
    }
    let detector = match inspector.detector(control, reporter) {
        Ok(detector) => detector,
        Err(Error::Cancelled) => return Err(Error::Cancelled),
        // The cards say all else.
        Err(error) => {
            outbox.leave(Note::Calibrated(Err(error.to_string())));
            return Ok(());
        }
    };
    outbox.leave(Note::Calibrated(Ok(detector.calibration().clone())));
    for (card, id, vector) in judged {
        let scores = detector.scores(inspector.encoder(), &[*id], vector, true, control)?;
        scores.into_iter().for_each(|scores| outbox.leave(Note::Scored(*card, scores)));
    }
    Ok(())
}
