//! The program from outside, over real parts: files, an embedded store on disk, the real client over a loopback socket.

mod bad_input;
mod gpu;
mod interrupt;
mod loopback;
mod readme;
mod reference;
mod server;
mod store;
mod support;
mod training;
