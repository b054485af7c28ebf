//! What is remembered from one start to the next: theme, layout, recents, and what a person set for a collection.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::search::Kept;
use crate::atomic_file;
use crate::config::{CollectionArgs, TrainConfig};
use crate::error::{Error, Result};
use crate::features::outlier::OutlierScore;

/// Collections and encoders that are remembered.
const RECENTS: usize = 20;
/// The file in the settings folder.
const FILE: &str = "settings.json";

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// As the desktop has it.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// Sizes of the panels, in points, and which are open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayoutSettings {
    /// Whether the panel at the left is open.
    pub left: bool,
    /// Its width.
    pub left_width: f32,
    /// Whether the inspector at the right is open.
    pub right: bool,
    /// Its width.
    pub right_width: f32,
    /// Whether the log at the bottom is open.
    pub log: bool,
    /// Its height.
    pub log_height: f32,
    /// Whether the scatter of features is open where it does not fit beside their table.
    pub scatter: bool,
    /// Its width beside the table.
    pub scatter_width: f32,
}

impl Default for LayoutSettings {
    fn default() -> Self {
        Self {
            left: true,
            left_width: 220.0,
            right: true,
            right_width: 280.0,
            log: false,
            log_height: 160.0,
            scatter: false,
            scatter_width: 340.0,
        }
    }
}

/// Where the window was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowSettings {
    /// Width and height inside the frame, in points.
    pub size: [f32; 2],
    /// The corner's place, where the system tells it.
    pub position: Option<[f32; 2]>,
    /// Whether it filled the screen.
    pub maximized: bool,
}

/// What is remembered of a collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CollectionSettings {
    /// The collection; never its key.
    pub collection: CollectionArgs,
    /// The encoder that was open with it last.
    pub encoder: Option<PathBuf>,
    /// The field with the picture; none for the one that is guessed.
    pub picture_field: Option<String>,
    /// The field with the words that stand for a point.
    pub text_field: Option<String>,
    /// The model that inputs are embedded with; none for the one that the collection names.
    pub model: Option<String>,
    /// Whether pictures may be fetched from private and loopback addresses.
    pub allow_private: bool,
    /// Points when it was opened last.
    pub points: Option<u64>,
    /// When it was opened last, in seconds since 1970.
    pub opened: Option<u64>,
    /// The search that stood on the screen, and weights that were kept.
    pub search: Option<Kept>,
}

/// Everything that is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Light or dark.
    pub theme: ThemeChoice,
    /// Size of everything: 1 is 100 %.
    pub scale: f32,
    /// The panels.
    pub layout: LayoutSettings,
    /// The window.
    pub window: Option<WindowSettings>,
    /// Collections, the one that was open last first.
    pub collections: Vec<CollectionSettings>,
    /// Encoders, the one that was open last first.
    pub encoders: Vec<PathBuf>,
    /// Whether the last collection was open at the end, and is to be opened again.
    pub reopen: bool,
    /// The training's form.
    pub train: Option<TrainConfig>,
    /// Features at or under this activation do not count, on every screen.
    pub threshold: f32,
    /// An input below this percentile of confidence is an outlier.
    pub outlier_percentile: f64,
    /// What tells an outlier on the inspect screen.
    pub outlier_score: OutlierScore,
    /// The false discovery rate that cards are flagged at.
    pub outlier_rate: f64,
    /// Addresses that were connected to, newest first.
    pub addresses: Vec<String>,
    /// Addresses whose key is in the system's keyring. The keys themselves are never here.
    pub kept_keys: Vec<String>,
    /// What later versions remember, kept as it is.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            scale: 1.0,
            layout: LayoutSettings::default(),
            window: None,
            collections: Vec::new(),
            encoders: Vec::new(),
            reopen: true,
            train: None,
            threshold: 0.1,
            outlier_percentile: 1.0,
            outlier_score: OutlierScore::default(),
            outlier_rate: 0.05,
            addresses: Vec::new(),
            kept_keys: Vec::new(),
            other: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Where settings are kept: `blockscope` in the user's folder for settings.
    pub fn default_folder() -> Option<PathBuf> {
        dirs::config_dir().map(|folder| folder.join("blockscope"))
    }

    /// Reads them. A file that is missing gives the defaults; one that is broken is set aside as `settings.json.broken`
    /// and gives the defaults, too, with a word about it.
    pub fn read(folder: &Path) -> (Self, Option<String>) {
        let path = folder.join(FILE);
        let Ok(text) = std::fs::read(&path) else { return (Self::default(), None) };
        match serde_json::from_slice::<Self>(&text) {
            Ok(settings) => (settings.in_range(), None),
            Err(error) => {
                let aside = path.with_extension("json.broken");
                // Where even that cannot be done, the next write replaces it.
                let _ = std::fs::rename(&path, &aside);
                let word = format!(
                    "the settings could not be read ({error}); they begin anew, and the old ones are in {}",
                    aside.display()
                );
                (Self::default(), Some(word))
            }
        }
    }

    /// Values that a person may have written into the file by hand, brought back to what the window can show.
    fn in_range(mut self) -> Self {
        let within = |value: f32, low: f32, high: f32, usual: f32| {
            if value.is_finite() { value.clamp(low, high) } else { usual }
        };
        let usual = LayoutSettings::default();
        self.scale = within(self.scale, 0.5, 3.0, 1.0);
        self.layout.left_width = within(self.layout.left_width, 120.0, 600.0, usual.left_width);
        self.layout.right_width = within(self.layout.right_width, 160.0, 800.0, usual.right_width);
        self.layout.log_height = within(self.layout.log_height, 60.0, 800.0, usual.log_height);
        self.layout.scatter_width = within(self.layout.scatter_width, 200.0, 2_000.0, usual.scatter_width);
        self.threshold = within(self.threshold, 0.0, 0.999, 0.1);
        if !(0.0..=100.0).contains(&self.outlier_percentile) {
            self.outlier_percentile = 1.0;
        }
        if !(0.001..=0.5).contains(&self.outlier_rate) {
            self.outlier_rate = 0.05;
        }
        self.collections.truncate(RECENTS);
        self.encoders.truncate(RECENTS);
        self
    }

    /// Writes them.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        let text = serde_json::to_vec_pretty(self).map_err(|e| Error::file(&path, e.to_string()))?;
        atomic_file::write(&path, &text)
    }

    /// What is remembered of a collection.
    pub fn of(&self, collection: &CollectionArgs) -> Option<&CollectionSettings> {
        self.collections.iter().find(|known| same(&known.collection, collection))
    }

    /// The same, to be changed; remembered first where it is new, and put in front.
    pub fn remember(&mut self, collection: &CollectionArgs) -> &mut CollectionSettings {
        let known = match self.collections.iter().position(|known| same(&known.collection, collection)) {
            Some(at) => self.collections.remove(at),
            None => CollectionSettings { collection: collection.clone(), ..CollectionSettings::default() },
        };
        self.collections.insert(0, known);
        self.collections.truncate(RECENTS);
        &mut self.collections[0]
    }

    /// Forgets a collection.
    pub fn forget(&mut self, collection: &CollectionArgs) {
        self.collections.retain(|known| !same(&known.collection, collection));
    }

    /// Puts an encoder in front of those that are remembered.
    pub fn remember_encoder(&mut self, encoder: &Path) {
        self.encoders.retain(|known| known != encoder);
        self.encoders.insert(0, encoder.to_owned());
        self.encoders.truncate(RECENTS);
    }
}

/// Whether two name the same collection; the key is not part of a name.
pub fn same(one: &CollectionArgs, other: &CollectionArgs) -> bool {
    let name = |c: &CollectionArgs| {
        (c.url.clone(), c.store.clone(), c.collection.clone(), c.using.clone(), c.filter.clone(), c.vectors.clone())
    };
    name(one) == name(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(name: &str) -> CollectionArgs {
        CollectionArgs { collection: Some(name.into()), api_key: Some("secret".into()), ..CollectionArgs::default() }
    }

    #[test]
    fn what_is_remembered_comes_back_and_the_key_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings { theme: ThemeChoice::Light, scale: 1.5, ..Settings::default() };
        settings.remember(&collection("a")).picture_field = Some("url".into());
        settings.remember(&collection("b"));
        settings.remember_encoder(Path::new("e"));
        settings.write(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!text.contains("secret"), "{text}");
        let (back, word) = Settings::read(folder.path());
        assert_eq!(word, None);
        assert_eq!(back.theme, ThemeChoice::Light);
        assert_eq!(back.collections.len(), 2);
        assert_eq!(back.of(&collection("a")).unwrap().picture_field.as_deref(), Some("url"));
    }

    #[test]
    fn the_newest_stands_first_and_old_ones_fall_out() {
        let mut settings = Settings::default();
        for i in 0..30 {
            settings.remember(&collection(&i.to_string()));
        }
        settings.remember(&collection("25"));
        assert_eq!(settings.collections.len(), RECENTS);
        assert_eq!(settings.collections[0].collection.collection.as_deref(), Some("25"));
        assert!(settings.of(&collection("3")).is_none());
        settings.forget(&collection("25"));
        assert!(settings.of(&collection("25")).is_none());
    }

    #[test]
    fn broken_settings_begin_anew_and_are_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "{\"scale\": ").unwrap();
        let (settings, word) = Settings::read(folder.path());
        assert_eq!(settings, Settings::default());
        assert!(word.unwrap().contains("begin anew"));
        assert!(folder.path().join("settings.json.broken").exists());
        std::fs::write(folder.path().join(FILE), "{\"scale\": 99, \"later\": [1]}").unwrap();
        let (settings, word) = Settings::read(folder.path());
        assert_eq!((settings.scale, word), (3.0, None));
        assert!(settings.other.contains_key("later"), "what a later version wrote stays");
    }
}
