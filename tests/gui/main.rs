//! The window, tried without one: what a person sees, as pictures, and what a person does, through the names that a
//! screen reader hears.

mod gallery;
mod stage;
mod widgets;
