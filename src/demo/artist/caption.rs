//! The caption of a drawing, from its factors.

use super::{Factors, Group, Kind};

/// "a drawing of two pink doughnuts with sprinkles on a blue plate, on a checked table".
pub(super) fn caption(kind: &Kind, factors: &Factors) -> String {
    let colour = factors.colour.name();
    let number = ["no", "one", "two", "three", "four", "five"][usize::from(factors.count.min(5))];
    let what = if factors.count == 1 { kind.name } else { kind.plural };
    let mut text = format!("a drawing of {number} {colour} {what}");
    if let Some(topping) = factors.topping {
        text += &format!(" with {topping}");
    }
    if let Some(plate) = factors.plate {
        let place = if plate.ends_with("bowl") || plate.ends_with("cup") { "in" } else { "on" };
        text += &format!(" {place} a {plate}");
    }
    match factors.group {
        Group::Food => text += &format!(", on a {} table", factors.table),
        Group::Thing | Group::Shape => text += &format!(", {}", factors.table),
    }
    text
}
