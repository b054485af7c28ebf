//! The command line: subcommands over the jobs, progress in text, Ctrl-C as a stop or a cancel.

mod answer;
mod progress;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{
    ConvertConfig, DemoConfig, DrawConfig, EmbedConfig, EncodeConfig, EvaluateConfig, FeaturesConfig,
    ImportPicturesConfig, ImportTextsConfig, ImportVectorsConfig, InspectConfig, LoadConfig, NameConfig, OnnxChoice,
    OutliersConfig, SearchConfig, SteerConfig, TrainConfig, TruncateConfig,
};
use crate::error::Error;
use crate::job::{Control, Event, Outcome, Wish, Worker};
use crate::pipeline::{Answer, Job};
use progress::Teller;

/// What people type.
#[derive(Parser, Debug)]
#[command(name = "blockscope", version, about, max_term_width = 110)]
#[command(after_help = "A collection is named the same way everywhere: --url URL --collection NAME [--using VECTOR] \
                        for a server, --store DIR --collection NAME for an embedded store, --vectors F.npy for a file.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    style: Style,
}

/// How much is told, and in what form.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Output")]
struct Style {
    /// No progress and no notes, only warnings and the answer
    #[arg(long, short, global = true)]
    quiet: bool,
    /// More about what goes on; twice for still more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// The answer as JSON, alone on standard output
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
#[command(allow_negative_numbers = true)]
enum Command {
    /// Draw a small collection of food, train an encoder on it, and inspect four drawings: no server, no download; takes
    /// a minute or two and 150 MB in the user's data folder
    Demo(DemoConfig),
    /// Bring pictures, texts or vectors into a collection
    #[command(subcommand)]
    Import(Box<Import>),
    /// From a collection to similarity data: neighbours, vectors and ids in files
    #[command(allow_negative_numbers = true)]
    Load(LoadConfig),
    /// Train an encoder on similarity data, or straight on a collection
    #[command(allow_negative_numbers = true)]
    Train(Box<TrainConfig>),
    /// Cut an autoencoder's codes to their strongest features
    Truncate(TruncateConfig),
    /// Write the block outputs of vectors to a file
    Encode(EncodeConfig),
    /// Say how confident each block is of an input, and which features fire
    #[command(allow_negative_numbers = true)]
    Inspect(Box<InspectConfig>),
    /// Say which inputs, or points of the collection, are unlike the collection
    #[command(allow_negative_numbers = true)]
    Outliers(Box<OutliersConfig>),
    /// Compare encoders, objectives and baselines on one collection with one split, in one table
    #[command(allow_negative_numbers = true)]
    Evaluate(Box<EvaluateConfig>),
    /// Find the points nearest to words, a picture or a point, or that features fire for
    #[command(allow_negative_numbers = true)]
    Search(Box<SearchConfig>),
    /// Find points without and with features that count for more or less
    #[command(allow_negative_numbers = true)]
    Steer(Box<SteerConfig>),
    /// Write a collection's sparse block vectors to another collection
    #[command(allow_negative_numbers = true)]
    Convert(ConvertConfig),
    /// Say what each feature does over a collection
    #[command(allow_negative_numbers = true)]
    Features(FeaturesConfig),
    /// Name features by what their points have in common, and keep names, with their scores, beside the encoder
    Name(Box<NameConfig>),
    /// Write the vectors of pictures or texts to a file
    Embed(EmbedConfig),
    /// List the embedding models: name, dimensions, whether they are here
    Models,
    /// Say what was found on this machine: what runs models, GPUs, models, stores
    Doctor {
        /// What is to run models
        #[arg(long, value_enum, value_name = "BACKEND", default_value_t = OnnxChoice::Auto)]
        onnx: OnnxChoice,
    },
    /// Draw pictures as the demo does, for training a model on
    Draw(DrawConfig),
}

#[derive(Subcommand, Debug)]
enum Import {
    /// Pictures from folders, files or patterns
    Pictures(ImportPicturesConfig),
    /// Texts from a file of JSON lines
    Texts(ImportTextsConfig),
    /// Vectors from a NumPy file
    Vectors(ImportVectorsConfig),
}

/// What was typed. A training's settings that were not are its objective's own.
fn parse(arguments: impl Iterator<Item = std::ffi::OsString>) -> Cli {
    let matches = Cli::command().get_matches_from(arguments);
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if let (Some(Command::Train(config)), Some(typed)) = (&mut cli.command, matches.subcommand_matches("train")) {
        let given = |name: &str| {
            typed.try_contains_id(name).is_ok() && typed.value_source(name) != Some(ValueSource::DefaultValue)
        };
        **config = std::mem::take(&mut **config).completed(given);
    }
    cli
}

/// Runs the program; its exit code is 0, 1 for failed work, or 2 for bad input.
pub fn main() -> ExitCode {
    let cli = parse(std::env::args_os());
    #[cfg(target_os = "linux")]
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // Without it, as on a server, graphics drivers complain on standard error when adapters are looked for.
        // SAFETY: no other thread has been started yet.
        unsafe { std::env::set_var("XDG_RUNTIME_DIR", std::env::temp_dir()) };
    }
    start_log(cli.style);
    // A job's panic is told as the job's failure; the place is for those who look for it.
    std::panic::set_hook(Box::new(|info| log::error!("{info}")));
    let job = match cli.command {
        #[cfg(feature = "gui")]
        None => return window(Vec::new()),
        #[cfg(not(feature = "gui"))]
        None if has_display() => return no_window("this was built without its window"),
        #[cfg(not(feature = "gui"))]
        None => return no_window("no display to open a window on"),
        Some(Command::Demo(config)) => Job::Demo(config),
        Some(Command::Import(import)) => match *import {
            Import::Pictures(config) => Job::ImportPictures(config),
            Import::Texts(config) => Job::ImportTexts(config),
            Import::Vectors(config) => Job::ImportVectors(config),
        },
        Some(Command::Load(config)) => Job::Load(config),
        Some(Command::Train(config)) => Job::Train(config),
        Some(Command::Truncate(config)) => Job::Truncate(config),
        Some(Command::Encode(config)) => Job::Encode(config),
        Some(Command::Inspect(config)) => Job::Inspect(*config),
        Some(Command::Outliers(config)) => Job::Outliers(*config),
        Some(Command::Evaluate(config)) => Job::Evaluate(config),
        Some(Command::Search(config)) => Job::Search(*config),
        Some(Command::Steer(config)) => Job::Steer(*config),
        Some(Command::Convert(config)) => Job::Convert(config),
        Some(Command::Features(config)) => Job::Features(config),
        Some(Command::Name(config)) => Job::Name(config),
        Some(Command::Embed(config)) => Job::Embed(config),
        Some(Command::Models) => Job::Models,
        Some(Command::Doctor { onnx }) => Job::Doctor(onnx),
        Some(Command::Draw(config)) => Job::Draw(config),
    };
    let goes_on = match job {
        Job::Convert(_) => "; what is written stays, and the same command goes on from there",
        Job::Demo(_) | Job::ImportPictures(_) | Job::ImportTexts(_) => {
            "; what is done stays, and the same command goes on from there"
        }
        Job::ImportVectors(_) => "; what is written stays",
        _ => "",
    };
    // What is printed for another program to read is not followed by a window.
    let then_window = matches!(&job, Job::Demo(config) if !config.no_window) && !cli.style.json && has_display();
    let mut warnings = Vec::new();
    match run(job, cli.style, &mut warnings) {
        Outcome::Done(answer) => {
            let text = if cli.style.json { answer::json(&answer, &warnings) } else { answer::text(&answer) };
            let mut out = std::io::stdout().lock();
            match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
                // A reader that went away (`| head`) is no failure.
                Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                    eprintln!("blockscope: the answer could not be written: {e}");
                    ExitCode::from(1)
                }
                _ if then_window => demo_window(&answer),
                _ => ExitCode::SUCCESS,
            }
        }
        Outcome::Cancelled => {
            eprintln!("blockscope: cancelled{goes_on}");
            ExitCode::from(1)
        }
        Outcome::Failed(error) => {
            eprintln!("{}", message(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

/// What was wrong and what to do, on one line.
fn message(error: &Error) -> String {
    let text = match error.hint() {
        Some(hint) if error.to_string().ends_with('?') => format!("blockscope: {error} Or {hint}"),
        Some(hint) => format!("blockscope: {error}; {hint}"),
        None => format!("blockscope: {error}"),
    };
    one_line(&text)
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}

fn start_log(style: Style) {
    let mut builder = env_logger::Builder::new();
    builder.target(env_logger::Target::Stderr);
    match style.verbose {
        0 => builder.filter_level(log::LevelFilter::Off),
        1 => builder.filter_level(log::LevelFilter::Off).filter_module("blockscope", log::LevelFilter::Info),
        _ => builder.filter_level(log::LevelFilter::Debug),
    };
    // Fails only where a log was started before, which then serves as well.
    let _ = builder.try_init();
}

/// Whether there is a display to open a window on.
fn has_display() -> bool {
    cfg!(any(windows, target_os = "macos"))
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|v| std::env::var_os(v).is_some_and(|v| !v.is_empty()))
}

/// Opens the window; where it cannot be, says what works without.
#[cfg(feature = "gui")]
fn window(first: Vec<crate::app::Command>) -> ExitCode {
    let problem = if has_display() {
        match crate::ui::run(first) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(crate::ui::NoWindow(problem)) => problem,
        }
    } else {
        "no display to open a window on".to_owned()
    };
    no_window(&problem)
}

/// Opens the window on the demo's collection and encoder. The demo itself is done, with or without a window.
#[cfg(feature = "gui")]
fn demo_window(answer: &Answer) -> ExitCode {
    let Answer::Demo(demo) = answer else { return ExitCode::SUCCESS };
    if let Err(crate::ui::NoWindow(problem)) = crate::ui::run(vec![crate::app::start::demo_command(demo)]) {
        eprintln!("{}", one_line(&format!("blockscope: {problem}; the demo is in {}", demo.store.display())));
    }
    ExitCode::SUCCESS
}

#[cfg(not(feature = "gui"))]
fn demo_window(_answer: &Answer) -> ExitCode {
    ExitCode::SUCCESS
}

/// Says what works without a window.
fn no_window(problem: &str) -> ExitCode {
    let commands = Cli::command();
    let names: Vec<&str> = commands.get_subcommands().map(clap::Command::get_name).filter(|n| *n != "help").collect();
    let text = format!("blockscope: {problem}; these commands work without: {} (see --help)", names.join(", "));
    eprintln!("{}", one_line(&text));
    ExitCode::from(1)
}

/// Runs a job on a worker, tells its events, keeps its warnings, and steers it by Ctrl-C.
fn run(job: Job, style: Style, warnings: &mut Vec<String>) -> Outcome<Answer> {
    // A training keeps what it has when it is interrupted; other work is dropped and leaves what was there.
    let keeps = matches!(job, Job::Train(_));
    let mut worker = Worker::start();
    let (id, control) = worker.submit(job);
    interrupt(control, keeps, style);
    let mut teller = Teller::new(style.quiet, std::io::stderr().is_terminal());
    loop {
        let Ok(tagged) = worker.events().recv() else {
            return Outcome::Failed(Error::Panicked("the worker is gone".into()));
        };
        if tagged.job != id {
            continue;
        }
        match tagged.event {
            Event::Finished(outcome) => {
                teller.finish();
                return outcome;
            }
            event => {
                if let Event::Warning(text) = &event {
                    warnings.push(text.clone());
                }
                teller.tell(event);
            }
        }
    }
}

fn interrupt(control: Control, keeps: bool, style: Style) {
    let handler = move || match control.wish() {
        Wish::Run | Wish::Pause if keeps => {
            if !style.quiet {
                eprintln!("stopping; what the training has reached is kept (again to drop it)");
            }
            control.stop();
        }
        Wish::Cancel => std::process::exit(130),
        _ => control.cancel(),
    };
    // Without a handler Ctrl-C still ends the program, only less kindly.
    if let Err(error) = ctrlc::set_handler(handler) {
        log::warn!("Ctrl-C is not handled: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ObjectiveKind;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    /// The defaults are written twice: for clap and for serde.
    #[test]
    fn defaults_of_flags_and_of_settings_agree() {
        let json = |c: &dyn Fn() -> serde_json::Value| c();
        let Some(Command::Train(train)) = Cli::parse_from(["blockscope", "train"]).command else { panic!("train") };
        let mut train = *train;
        // The environment may name a server.
        train.collection.url = None;
        assert_eq!(
            json(&|| serde_json::to_value(&train).unwrap()),
            json(&|| serde_json::to_value(TrainConfig::default()).unwrap())
        );
        let Some(Command::Load(mut load)) = Cli::parse_from(["blockscope", "load"]).command else { panic!("load") };
        load.collection.url = None;
        assert_eq!(serde_json::to_value(&load).unwrap(), serde_json::to_value(LoadConfig::default()).unwrap());
        let Some(Command::Evaluate(mut own)) = Cli::parse_from(["blockscope", "evaluate"]).command else {
            panic!("it")
        };
        own.collection.url = None;
        assert_eq!(serde_json::to_value(&own).unwrap(), serde_json::to_value(EvaluateConfig::default()).unwrap());
    }

    #[test]
    fn what_is_not_typed_is_the_objectives_own() {
        let typed = |text: &str| {
            let arguments = std::iter::once("blockscope").chain(text.split(' ')).map(Into::into);
            match parse(arguments).command {
                Some(Command::Train(mut config)) => {
                    config.collection.url = None;
                    *config
                }
                other => panic!("{other:?}"),
            }
        };
        for objective in ObjectiveKind::ALL {
            assert_eq!(typed(&format!("train --objective {objective}")), TrainConfig::preset(objective));
        }
        let own = typed("train --objective balanced --lr 2e-3 --usage 0 --collection food --api-key secret");
        let mut expected = TrainConfig { lr: 2e-3, ..TrainConfig::preset(ObjectiveKind::Balanced) };
        expected.terms.usage = 0.0;
        expected.collection.collection = Some("food".into());
        expected.collection.api_key = Some("secret".into());
        assert_eq!(own, expected);
    }

    #[test]
    fn a_message_is_one_line_with_a_hint() {
        let error = Error::Unauthorized { url: "http://h:6334".into() };
        let text = message(&error);
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("refused the API key; give the key with --api-key"), "{text}");
    }
}
