//! The program from outside, over real parts: files, an embedded store on disk, the real client over a loopback socket.

mod bad_input;
mod demo;
mod describe;
mod drawings;
mod embedding;
mod gpu;
mod hub;
mod interrupt;
mod loopback;
mod pictures;
mod readme;
mod reference;
mod server;
mod store;
mod support;
mod training;
