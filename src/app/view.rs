//! Where the person is: the screen, what is selected, and the way back.

use std::path::PathBuf;

use crate::point::PointId;

/// A screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Screen {
    /// Recents, connecting, opening, the demo.
    #[default]
    Start,
    /// Training and runs.
    Train,
    /// Pictures, texts and points under the encoder.
    Inspect,
    /// All features, and a feature's page.
    Features,
    /// Searching and steering.
    Search,
    /// Encoders side by side.
    Compare,
}

impl Screen {
    /// All, in the order of the tabs.
    pub const ALL: [Self; 6] = [Self::Start, Self::Train, Self::Inspect, Self::Features, Self::Search, Self::Compare];

    /// The tab's name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Train => "Train",
            Self::Inspect => "Inspect",
            Self::Features => "Features",
            Self::Search => "Search",
            Self::Compare => "Compare",
        }
    }
}

/// What is selected; the panel at the right shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Selected {
    /// Nothing.
    #[default]
    Nothing,
    /// A point of the collection.
    Point(PointId),
    /// A feature.
    Feature(usize),
    /// An inspected item, by its place.
    Item(u64),
    /// A run, by its folder.
    Run(PathBuf),
}

/// A place to go back to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The screen.
    pub screen: Screen,
    /// The feature whose page is open on the features' screen.
    pub page: Option<usize>,
    /// What is selected.
    pub selected: Selected,
}

/// A question that stands over everything.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    /// Every command, by name.
    Palette,
    /// The keys.
    Shortcuts,
    /// Whether to end what runs and close.
    Quit,
    /// Writing sparse vectors to a collection.
    Convert,
    /// Writing files.
    Export,
    /// Choosing a point of the collection to inspect.
    Points,
    /// The request of a search, to be copied.
    Request,
    /// Theme, size, thresholds, pictures.
    Settings,
}

/// Places that are kept.
const KEPT: usize = 200;

/// Where the person is, and was.
#[derive(Debug, Default)]
pub struct View {
    /// The present place.
    pub place: Place,
    /// The open dialog.
    pub dialog: Option<Dialog>,
    back: Vec<Place>,
    forward: Vec<Place>,
}

impl View {
    /// Goes to a place, and remembers the present one.
    pub fn go(&mut self, place: Place) {
        if place == self.place {
            return;
        }
        self.forward.clear();
        if self.back.len() == KEPT {
            self.back.remove(0);
        }
        self.back.push(std::mem::replace(&mut self.place, place));
    }

    /// Goes back.
    pub fn back(&mut self) {
        if let Some(place) = self.back.pop() {
            self.forward.push(std::mem::replace(&mut self.place, place));
        }
    }

    /// Goes forward again.
    pub fn forward(&mut self) {
        if let Some(place) = self.forward.pop() {
            self.back.push(std::mem::replace(&mut self.place, place));
        }
    }

    /// Whether there is a place to go back to.
    pub fn can_go_back(&self) -> bool {
        !self.back.is_empty()
    }

    /// Whether there is a place to go forward to.
    pub fn can_go_forward(&self) -> bool {
        !self.forward.is_empty()
    }

    /// Forgets the places of a document that is closed.
    pub fn clear(&mut self) {
        self.back.clear();
        self.forward.clear();
        self.place.page = None;
        self.place.selected = Selected::Nothing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(i: usize) -> Place {
        Place { screen: Screen::Features, page: Some(i), selected: Selected::Feature(i) }
    }

    #[test]
    fn back_and_forward_go_through_what_was_seen() {
        let mut view = View::default();
        view.go(feature(1));
        view.go(feature(1));
        view.go(feature(2));
        view.back();
        assert_eq!(view.place, feature(1));
        view.back();
        assert_eq!(view.place, Place::default());
        assert!(!view.can_go_back(), "the same place twice is one");
        view.forward();
        assert_eq!(view.place, feature(1));
        view.go(feature(3));
        assert!(!view.can_go_forward(), "a new way drops the old one");
    }
}
