//! What the screens are built of.
//!
//! All of them take their colours from [`theme`](super::theme), can be reached and used with the keyboard, tell a screen
//! reader their name and state, and say in a tooltip what they show and in which unit.

mod badge;
mod banner;
mod block_bars;
mod button;
mod card;
mod chip;
mod cursor;
mod empty;
mod field;
mod heat_strip;
mod histogram;
mod key_value;
mod mood;
mod paint;
mod progress;
mod score_place;
mod search;
mod segmented;
mod sparkline;
mod stat;
mod thumbnail;

pub use badge::badge;
pub use banner::{Banner, BannerResponse};
pub use block_bars::{BlockBars, BlockBarsResponse};
pub use button::{Button, IconButton, link};
pub use card::{Card, section};
pub use chip::{Chip, ChipResponse};
pub use empty::EmptyState;
pub use field::{FieldError, field};
pub use heat_strip::{HeatData, HeatResponse, HeatStrip};
pub use histogram::Histogram;
pub use key_value::key_value;
pub use mood::Mood;
pub use progress::Progress;
pub use score_place::ScorePlace;
pub use search::search;
pub use segmented::{Segment, segmented};
pub use sparkline::sparkline;
pub use stat::StatTile;
pub use thumbnail::{Picture, Thumbnail};
