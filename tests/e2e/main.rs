//! The program from outside, over real parts: files, an embedded store on disk, the real client over a loopback socket.

mod asymmetric;
mod bad_input;
mod converting;
mod demo;
mod describe;
mod drawings;
mod embedding;
mod evaluate;
mod gpu;
mod groups;
mod hub;
mod index;
mod interrupt;
mod loopback;
mod names;
mod outliers;
mod pictures;
mod readme;
mod reference;
mod searching;
mod server;
mod snippets;
mod steering;
mod store;
mod support;
mod training;
