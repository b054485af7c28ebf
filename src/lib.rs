//! Blockscope: what the vectors of a Qdrant collection know, through block encoders trained on the collection itself.
//!
//! A dense embedding goes through several linear layers, each followed by a SoftMax: the blocks. Trained with triplets
//! from the collection's own similarities, each block amplifies a feature of that collection.
//!
//! # The way of the data
//!
//! ```text
//! source -> similarity -> triplets -> trainer -> encoder -> features -> search -> evaluate -> app -> ui
//! (Qdrant server, Qdrant Edge, files;      (confidence, sparse, index, names, outliers)
//!  pictures and texts through embed)
//! ```
//!
//! One direction. [`pipeline`] goes the whole way as jobs; [`cli`] and [`app`] start them and listen. [`app`] is the
//! window's state and knows no egui, [`ui`] draws it and turns what a person does into commands; both are there with the
//! feature `gui` alone. [`picture`] and the private `http` stand beside the way: [`embed`] and the window read pictures
//! through the one, and models, endpoints' answers and pictures that a payload names by URL come through the other.
//!
//! | module | what it holds |
//! |---|---|
//! | [`embed`] | from pictures and texts to vectors: models, their files, what runs them |
//! | [`picture`] | reading pictures, finding them in folders and payloads, thumbnails, loading them for a window |
//! | [`source`] | collections to read and to write: servers, embedded stores, files |
//! | [`similarity`] | the sparse neighbour matrix of a sample, exact neighbours, the reference's files |
//! | [`triplets`] | the seeded sampler |
//! | [`trainer`] | the loop, objectives, schedule, logs |
//! | [`encoder`] | weights, block outputs, encoder files |
//! | [`features`] | confidence, sparse vectors, what each feature does |
//! | [`groups`] | labels from payloads, and how well points of the same label are found |
//! | [`search`] | the language of features, steering by them, a search as a request and as programs to copy |
//! | [`evaluate`] | what encoders are worth: measures over matrices, baselines, the table |
//! | [`demo`] | the drawn collection of the demo |
//! | [`pipeline`] | the jobs over all of these |
//! | [`app`] | the window's state: the open collection and encoder, jobs, screens, undo, settings |
//! | [`ui`] | the window: its look, its screens |
//! | [`job`] | the worker, its control and its events |
//! | [`config`] | settings: one struct a job |
//! | [`point`] | ids, payloads, distances |
//! | [`device`] | CPU or GPU |
//! | [`numpy`] | `.npy` files, read and written in pages |
//! | [`error`] | what can go wrong |
//!
//! # How things fail
//!
//! Every fallible call gives [`error::Error`], whose kinds a person can act on: each has a sentence that names the
//! input and a hint that says what to do. Bad input and failed work are told apart by the exit code. Cancelled is an
//! outcome of a job, not a failure; a panic inside a job fails that job and nothing else (but one inside tract, which is
//! called as if it were C, ends the process: what a person's own model asks of it is looked at first). Files are written
//! beside their target and renamed into place.
//!
//! In the window a failure is shown beside the field that caused it, or in a banner on the screen that asked, with the hint
//! in the window's words ([`app::Problem`]); the log at the bottom has all of them. A job that fails leaves the form as it
//! was. Where no window can be opened, one line says why and names the commands that work without.

#![warn(missing_docs)]

#[cfg(feature = "gui")]
pub mod app;
mod atomic_file;
pub mod cli;
pub mod config;
mod count;
pub mod demo;
pub mod device;
pub mod embed;
pub mod encoder;
pub mod error;
pub mod evaluate;
pub mod features;
pub mod groups;
mod http;
pub mod job;
mod label;
mod linalg;
pub mod numpy;
pub mod picture;
pub mod pipeline;
pub mod point;
mod random;
pub mod search;
pub mod similarity;
pub mod source;
pub mod trainer;
pub mod triplets;
#[cfg(feature = "gui")]
pub mod ui;
