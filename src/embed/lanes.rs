//! Many inputs through a model: preparation on worker threads, one or more lanes of the model, bounded queues between.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use fastembed::{ImageEmbedding, TextEmbedding};
use image::RgbImage;
use ndarray::Array3;

use super::Remote;
use crate::error::{Error, Result};
use crate::job::{Control, panic_text};

/// Requests to an endpoint at a time, and inputs in each: few, as pictures go as whole files.
pub(super) const REMOTE_LANES: usize = 2;
pub(super) const REMOTE_BATCH: usize = 8;
/// How long a lane waits for its batch to fill.
const FILL: Duration = Duration::from_millis(20);
/// How often a wait looks whether the person has cancelled.
const LOOK: Duration = Duration::from_millis(50);

/// An input as a model takes it.
pub enum Prepared {
    /// A picture's numbers, channels x height x width.
    Pixels(Array3<f32>),
    /// A text, or a picture's file in base64 for an endpoint.
    Text(String),
}

impl Prepared {
    /// A picture's file in base64; as PNG where it has no file.
    pub(super) fn file(picture: RgbImage, file: Option<&[u8]>) -> Result<Self> {
        let encode = |bytes: &[u8]| Self::Text(base64::engine::general_purpose::STANDARD.encode(bytes));
        if let Some(file) = file {
            return Ok(encode(file));
        }
        let mut png = std::io::Cursor::new(Vec::new());
        let written = picture.write_to(&mut png, image::ImageFormat::Png);
        written.map_err(|e| Error::setting(format!("a picture could not be sent: {e}")))?;
        Ok(encode(png.get_ref()))
    }
}

/// Why a lane failed.
pub(super) enum Fault {
    /// The model's words.
    Model(String),
    /// An error of our own, such as a cancel.
    Own(Error),
}

impl Fault {
    pub(super) fn into_error(self, model: &str) -> Error {
        match self {
            Self::Model(problem) => Error::Model { model: model.to_owned(), problem },
            Self::Own(error) => error,
        }
    }
}

/// What comes of one input: its vector, or why it has none.
pub type Row = Result<Vec<f32>, String>;

/// One session of a model, or one connection.
pub(super) trait Lane: Send {
    /// A row for each input, in the same order.
    fn run(&mut self, inputs: Vec<Prepared>, control: &Control) -> Result<Vec<Row>, Fault>;
}

impl Lane for ImageEmbedding {
    fn run(&mut self, inputs: Vec<Prepared>, _: &Control) -> Result<Vec<Row>, Fault> {
        let pixels = inputs.into_iter().map(|i| match i {
            Prepared::Pixels(pixels) => Ok(pixels),
            Prepared::Text(_) => Err(Fault::Model("takes pictures, not texts".into())),
        });
        let found = self.embed_preprocessed(pixels.collect::<Result<_, _>>()?);
        Ok(found.map_err(|e| Fault::Model(e.to_string()))?.into_iter().map(Ok).collect())
    }
}

/// The texts among the inputs.
fn texts(inputs: Vec<Prepared>) -> Result<Vec<String>, Fault> {
    let texts = inputs.into_iter().map(|i| match i {
        Prepared::Text(text) => Ok(text),
        Prepared::Pixels(_) => Err(Fault::Model("takes texts, not pictures".into())),
    });
    texts.collect()
}

impl Lane for TextEmbedding {
    fn run(&mut self, inputs: Vec<Prepared>, _: &Control) -> Result<Vec<Row>, Fault> {
        let found = self.embed(texts(inputs)?, None);
        Ok(found.map_err(|e| Fault::Model(e.to_string()))?.into_iter().map(Ok).collect())
    }
}

impl Lane for Arc<Remote> {
    fn run(&mut self, inputs: Vec<Prepared>, control: &Control) -> Result<Vec<Row>, Fault> {
        let texts = texts(inputs)?;
        match self.embed(&texts, control) {
            Ok(found) => Ok(found.into_iter().map(Ok).collect()),
            // One input may be at fault, which only shows when each is sent alone.
            Err(Error::Endpoint { refused: true, .. }) => {
                let alone = texts.iter().map(|text| match self.embed(std::slice::from_ref(text), control) {
                    Ok(mut found) => Ok(Ok(found.swap_remove(0))),
                    Err(error @ Error::Endpoint { refused: true, .. }) => Ok(Err(error.to_string())),
                    Err(error) => Err(Fault::Own(error)),
                });
                alone.collect()
            }
            Err(error) => Err(Fault::Own(error)),
        }
    }
}

/// Vectors of length 1. Fails where a model did not give one of the same dimensions for each input; an input that it
/// gave NaN or infinity for has none.
pub(super) fn checked(model: &str, rows: Vec<Row>, inputs: usize, dim: Option<usize>) -> Result<Vec<Row>> {
    let fail = |problem: String| Err(Error::Model { model: model.to_owned(), problem });
    if rows.len() != inputs {
        return fail(format!("gave {} vectors for {inputs} inputs", rows.len()));
    }
    let dim = dim.or(rows.iter().flatten().next().map(Vec::len)).unwrap_or(0);
    if let Some(other) = rows.iter().flatten().find(|v| v.len() != dim || v.is_empty()) {
        return fail(format!("gave vectors of {} and of {dim} dimensions", other.len()));
    }
    let finite = |v: Vec<f32>| match v.iter().all(|x| x.is_finite()) {
        true => Ok(unit(v)),
        false => Err("the model gives NaN or infinity for it".to_owned()),
    };
    Ok(rows.into_iter().map(|row| row.and_then(finite)).collect())
}

/// A vector scaled to length 1; one of zeros stays as it is.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    if norm > 0.0 {
        vector.iter_mut().for_each(|v| *v /= norm);
    }
    vector
}

type Batch<P> = Vec<(P, Row)>;

/// Raises the flag when it goes away, however that comes about.
struct RaiseAtEnd<'a>(&'a AtomicBool);

impl Drop for RaiseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs all inputs through the lanes. Ends early by a cancel, by an error of a lane or of `prepare`, or by an error of
/// `take`, which also gets an empty batch now and then, so that it can tell and write what waits.
pub(super) fn run<T: Send, P: Send>(
    lanes: &mut [Box<dyn Lane>],
    batch: usize,
    (model, dim): (&str, usize),
    inputs: impl Iterator<Item = T> + Send,
    prepare: impl Fn(T) -> Result<Option<(P, Prepared)>> + Sync,
    control: &Control,
    mut take: impl FnMut(Batch<P>) -> Result<()>,
) -> Result<()> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (to_prepare, prepared_by) = bounded::<T>(workers);
    let (to_run, run_by) = bounded::<(P, Prepared)>(batch * lanes.len() + workers);
    let (to_take, taken_by) = bounded::<Result<Batch<P>>>(lanes.len() + workers);
    // Inputs that are left out pass through no queue behind the first, so that a closed one alone would not be noticed.
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // The receiver belongs to this closure: when it returns early, the lanes' queue closes, too.
        let taken_by = taken_by;
        let over = &over;
        let _raise = RaiseAtEnd(over);
        scope.spawn(move || {
            for input in inputs {
                if over.load(Ordering::Relaxed) || to_prepare.send(input).is_err() {
                    break;
                }
            }
        });
        for _ in 0..workers {
            let (from, to, told, prepare) = (prepared_by.clone(), to_run.clone(), to_take.clone(), &prepare);
            scope.spawn(move || {
                for input in from {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let ready = caught(|| {
                        control.check_whole()?;
                        prepare(input)
                    });
                    let gone = match ready {
                        Ok(None) => false,
                        Ok(Some(ready)) => to.send(ready).is_err(),
                        Err(error) => {
                            // Where nobody listens any more, it is over already.
                            let _ = told.send(Err(error));
                            true
                        }
                    };
                    if gone {
                        break;
                    }
                }
            });
        }
        drop((prepared_by, to_run));
        for lane in lanes {
            let (from, to) = (run_by.clone(), to_take.clone());
            scope.spawn(move || run_lane(lane.as_mut(), batch, (model, dim), &from, &to, control));
        }
        drop((run_by, to_take));
        loop {
            control.check_whole()?;
            match taken_by.recv_timeout(LOOK) {
                Ok(found) => take(found?)?,
                Err(RecvTimeoutError::Timeout) => take(Vec::new())?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    })
}

/// A panic as an error, so that the other threads end at once and its words are told.
fn caught<R>(work: impl FnOnce() -> Result<R>) -> Result<R> {
    std::panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(Error::Panicked(panic_text(panic.as_ref()))))
}

fn run_lane<P>(
    lane: &mut dyn Lane,
    batch: usize,
    (model, dim): (&str, usize),
    from: &Receiver<(P, Prepared)>,
    to: &Sender<Result<Batch<P>>>,
    control: &Control,
) {
    while let Ok(first) = from.recv() {
        let (mut keys, mut inputs) = (vec![first.0], vec![first.1]);
        let until = Instant::now() + FILL;
        while inputs.len() < batch
            && let Ok((key, input)) = from.recv_deadline(until)
        {
            keys.push(key);
            inputs.push(input);
        }
        let found = caught(|| {
            let rows = lane.run(inputs, control).map_err(|fault| fault.into_error(model))?;
            let rows = checked(model, rows, keys.len(), Some(dim))?;
            Ok(keys.into_iter().zip(rows).collect())
        });
        let failed = found.is_err();
        if to.send(found).is_err() || failed {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The length of a text, and 1.
    struct Lengths;

    impl Lane for Lengths {
        fn run(&mut self, inputs: Vec<Prepared>, _: &Control) -> Result<Vec<Row>, Fault> {
            texts(inputs)?
                .into_iter()
                .map(|t| match t.as_str() {
                    "bad" => Err(Fault::Model("bad".into())),
                    "odd" => Ok(Ok(vec![f32::NAN, 1.0])),
                    t => Ok(Ok(vec![t.len() as f32, 1.0])),
                })
                .collect()
        }
    }

    fn lanes() -> Vec<Box<dyn Lane>> {
        vec![Box::new(Lengths), Box::new(Lengths)]
    }

    fn texted(i: usize) -> Result<Option<(usize, Prepared)>> {
        Ok((i % 7 != 3).then(|| (i, Prepared::Text("x".repeat(i % 500 + 1)))))
    }

    #[test]
    fn every_input_gets_its_own_vector_and_those_left_out_get_none() {
        let mut found = Vec::new();
        let take = |batch: Batch<usize>| {
            found.extend(batch);
            Ok(())
        };
        run(&mut lanes(), 4, ("m", 2), 0..500, texted, &Control::new(), take).unwrap();
        found.sort_by_key(|f| f.0);
        let expected: Vec<usize> = (0..500).filter(|i| i % 7 != 3).collect();
        assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), expected);
        for (i, row) in found {
            let vector = row.unwrap();
            assert!((vector[0] / vector[1] - (i + 1) as f32).abs() < 1e-2, "{i}: {vector:?}");
            assert!((vector[0].hypot(vector[1]) - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn an_input_without_a_finite_vector_is_told_and_the_rest_goes_on() {
        let prepare = |i: usize| Ok(Some((i, Prepared::Text(if i == 3 { "odd".into() } else { "fine".into() }))));
        let mut refused = Vec::new();
        let mut fine = 0;
        let take = |batch: Batch<usize>| {
            batch.into_iter().for_each(|(i, row)| if row.is_err() { refused.push(i) } else { fine += 1 });
            Ok(())
        };
        run(&mut lanes(), 4, ("m", 2), 0..20, prepare, &Control::new(), take).unwrap();
        assert_eq!((refused, fine), (vec![3], 19));
    }

    #[test]
    fn a_fault_of_the_model_ends_it_and_names_the_model() {
        let prepare = |i: usize| Ok(Some((i, Prepared::Text(if i == 50 { "bad".into() } else { "fine".into() }))));
        let ended = run(&mut lanes(), 4, ("m", 2), 0..100_000, prepare, &Control::new(), |_| Ok(()));
        assert_eq!(ended.unwrap_err().to_string(), "model m: bad");
    }

    #[test]
    fn a_cancel_ends_it_soon_although_inputs_never_do() {
        let control = Control::new();
        let inside = control.clone();
        let mut seen = 0;
        let ended = run(&mut lanes(), 4, ("m", 2), 0.., texted, &control, |batch| {
            seen += batch.len();
            if seen > 100 {
                inside.cancel();
            }
            Ok(())
        });
        assert!(matches!(ended, Err(Error::Cancelled)));
        assert!(seen < 1_000);
    }

    #[test]
    fn a_cancel_is_heard_while_all_inputs_are_left_out() {
        let control = Control::new();
        let inside = control.clone();
        let left_out = |_| Ok(None::<((), Prepared)>);
        let ended = run(&mut lanes(), 4, ("m", 2), 0.., left_out, &control, |_| {
            inside.cancel();
            Ok(())
        });
        assert!(matches!(ended, Err(Error::Cancelled)));
    }

    #[test]
    fn an_error_or_a_panic_of_the_preparation_ends_it_with_its_words() {
        let fails = |i: usize| if i == 9 { Err(Error::setting("no more")) } else { texted(i) };
        let ended = run(&mut lanes(), 4, ("m", 2), 0.., fails, &Control::new(), |_| Ok(()));
        assert_eq!(ended.unwrap_err().to_string(), "no more");
        let panics = |i: usize| if i == 9 { panic!("number nine") } else { texted(i) };
        let ended = run(&mut lanes(), 4, ("m", 2), 0.., panics, &Control::new(), |_| Ok(()));
        assert_eq!(ended.unwrap_err().to_string(), "the job failed inside: number nine");
    }

    #[test]
    fn a_model_that_gives_another_length_is_named() {
        let ended = run(&mut lanes(), 4, ("m", 3), 0..5, texted, &Control::new(), |_| Ok(()));
        assert!(ended.unwrap_err().to_string().contains("of 2 and of 3 dimensions"));
    }
}
