//! The window, tried without one: what a person sees, as pictures, and what a person does, through the names that a
//! screen reader hears.

mod features;
mod frame;
mod gallery;
mod inspect;
mod labels;
mod names;
mod search;
mod stage;
mod start;
mod tour;
mod train;
mod transfer;
mod whole;
mod widgets;
