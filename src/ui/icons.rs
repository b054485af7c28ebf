//! The icons: characters of assets/fonts/icons.ttf, which `tools/fonts/make` cuts out of Phosphor.
//!
//! They are drawn with [`super::fonts::icon`], or inside any text, whose fonts fall back to them.

/// Play, filled.
pub const PLAY: &str = "\u{f3000}";
/// Pause, filled.
pub const PAUSE: &str = "\u{f3001}";
/// Stop, filled.
pub const STOP: &str = "\u{f3002}";
/// Magnifying-glass.
pub const SEARCH: &str = "\u{f3003}";
/// Push-pin.
pub const PIN: &str = "\u{f3004}";
/// Push-pin, filled.
pub const PIN_FILLED: &str = "\u{f3005}";
/// Star.
pub const STAR: &str = "\u{f3006}";
/// Star, filled.
pub const STAR_FILLED: &str = "\u{f3007}";
/// Arrow-left.
pub const BACK: &str = "\u{f3008}";
/// Arrow-right.
pub const FORWARD: &str = "\u{f3009}";
/// Arrow-u-up-left.
pub const UNDO: &str = "\u{f300a}";
/// Arrow-u-up-right.
pub const REDO: &str = "\u{f300b}";
/// Caret-up.
pub const CHEVRON_UP: &str = "\u{f300c}";
/// Caret-down.
pub const CHEVRON_DOWN: &str = "\u{f300d}";
/// Caret-left.
pub const CHEVRON_LEFT: &str = "\u{f300e}";
/// Caret-right.
pub const CHEVRON_RIGHT: &str = "\u{f300f}";
/// Folder.
pub const FOLDER: &str = "\u{f3010}";
/// Folder-open.
pub const FOLDER_OPEN: &str = "\u{f3011}";
/// File.
pub const FILE: &str = "\u{f3012}";
/// Hard-drives.
pub const SERVER: &str = "\u{f3013}";
/// Database.
pub const DATABASE: &str = "\u{f3014}";
/// Image.
pub const IMAGE: &str = "\u{f3015}";
/// Images.
pub const IMAGES: &str = "\u{f3016}";
/// Image-broken.
pub const IMAGE_BROKEN: &str = "\u{f3017}";
/// Text-aa.
pub const TEXT: &str = "\u{f3018}";
/// X.
pub const CLOSE: &str = "\u{f3019}";
/// Sun.
pub const SUN: &str = "\u{f301a}";
/// Moon.
pub const MOON: &str = "\u{f301b}";
/// Warning.
pub const WARNING: &str = "\u{f301c}";
/// Warning-circle.
pub const ERROR: &str = "\u{f301d}";
/// Info.
pub const INFO: &str = "\u{f301e}";
/// Check.
pub const CHECK: &str = "\u{f301f}";
/// Check-circle.
pub const CHECK_CIRCLE: &str = "\u{f3020}";
/// Copy.
pub const COPY: &str = "\u{f3021}";
/// Export.
pub const EXPORT: &str = "\u{f3022}";
/// Download-simple.
pub const IMPORT: &str = "\u{f3023}";
/// Plus.
pub const PLUS: &str = "\u{f3024}";
/// Minus.
pub const MINUS: &str = "\u{f3025}";
/// Pencil-simple.
pub const EDIT: &str = "\u{f3026}";
/// Trash.
pub const DELETE: &str = "\u{f3027}";
/// Arrow-clockwise.
pub const REFRESH: &str = "\u{f3028}";
/// Sliders-horizontal.
pub const SETTINGS: &str = "\u{f3029}";
/// Gear-six.
pub const GEAR: &str = "\u{f302a}";
/// Funnel.
pub const FILTER: &str = "\u{f302b}";
/// Sort-ascending.
pub const SORT_UP: &str = "\u{f302c}";
/// Sort-descending.
pub const SORT_DOWN: &str = "\u{f302d}";
/// Dots-three.
pub const MORE: &str = "\u{f302e}";
/// Link-simple.
pub const LINK: &str = "\u{f302f}";
/// Arrow-square-out.
pub const EXTERNAL: &str = "\u{f3030}";
/// Question.
pub const HELP: &str = "\u{f3031}";
/// Command.
pub const COMMAND: &str = "\u{f3032}";
/// Keyboard.
pub const KEYBOARD: &str = "\u{f3033}";
/// Key.
pub const KEY: &str = "\u{f3034}";
/// Eye.
pub const EYE: &str = "\u{f3035}";
/// Eye-slash.
pub const EYE_OFF: &str = "\u{f3036}";
/// Chart-bar.
pub const CHART: &str = "\u{f3037}";
/// Chart-scatter.
pub const SCATTER: &str = "\u{f3038}";
/// Chart-line.
pub const CURVE: &str = "\u{f3039}";
/// Table.
pub const TABLE: &str = "\u{f303a}";
/// Squares-four.
pub const GRID: &str = "\u{f303b}";
/// List.
pub const LIST: &str = "\u{f303c}";
/// Stack.
pub const BLOCKS: &str = "\u{f303d}";
/// Scan.
pub const INSPECT: &str = "\u{f303e}";
/// Lightning.
pub const TRAIN: &str = "\u{f303f}";
/// Steering-wheel.
pub const STEER: &str = "\u{f3040}";
/// House.
pub const HOME: &str = "\u{f3041}";
/// Clock.
pub const CLOCK: &str = "\u{f3042}";
/// Cpu.
pub const DEVICE: &str = "\u{f3043}";
/// Memory.
pub const MEMORY: &str = "\u{f3044}";
/// Upload-simple.
pub const DROP: &str = "\u{f3045}";
/// Sparkle.
pub const DEMO: &str = "\u{f3046}";
/// Columns.
pub const COMPARE: &str = "\u{f3047}";
/// Sidebar-simple.
pub const SIDEBAR: &str = "\u{f3048}";
/// Lock-simple.
pub const LOCK: &str = "\u{f3049}";
/// Circle.
pub const CIRCLE: &str = "\u{f304a}";
/// Circle, filled.
pub const DOT: &str = "\u{f304b}";
/// Crosshair-simple.
pub const TARGET: &str = "\u{f304c}";
/// Graph.
pub const GRAPH: &str = "\u{f304d}";
/// Tag.
pub const TAG: &str = "\u{f304e}";
/// Shuffle.
pub const SHUFFLE: &str = "\u{f304f}";
/// Floppy-disk.
pub const SAVE: &str = "\u{f3050}";

/// All of them with their names, in the order of the font: what a gallery shows.
pub const ALL: &[(&str, &str)] = &[
    ("PLAY", PLAY),
    ("PAUSE", PAUSE),
    ("STOP", STOP),
    ("SEARCH", SEARCH),
    ("PIN", PIN),
    ("PIN_FILLED", PIN_FILLED),
    ("STAR", STAR),
    ("STAR_FILLED", STAR_FILLED),
    ("BACK", BACK),
    ("FORWARD", FORWARD),
    ("UNDO", UNDO),
    ("REDO", REDO),
    ("CHEVRON_UP", CHEVRON_UP),
    ("CHEVRON_DOWN", CHEVRON_DOWN),
    ("CHEVRON_LEFT", CHEVRON_LEFT),
    ("CHEVRON_RIGHT", CHEVRON_RIGHT),
    ("FOLDER", FOLDER),
    ("FOLDER_OPEN", FOLDER_OPEN),
    ("FILE", FILE),
    ("SERVER", SERVER),
    ("DATABASE", DATABASE),
    ("IMAGE", IMAGE),
    ("IMAGES", IMAGES),
    ("IMAGE_BROKEN", IMAGE_BROKEN),
    ("TEXT", TEXT),
    ("CLOSE", CLOSE),
    ("SUN", SUN),
    ("MOON", MOON),
    ("WARNING", WARNING),
    ("ERROR", ERROR),
    ("INFO", INFO),
    ("CHECK", CHECK),
    ("CHECK_CIRCLE", CHECK_CIRCLE),
    ("COPY", COPY),
    ("EXPORT", EXPORT),
    ("IMPORT", IMPORT),
    ("PLUS", PLUS),
    ("MINUS", MINUS),
    ("EDIT", EDIT),
    ("DELETE", DELETE),
    ("REFRESH", REFRESH),
    ("SETTINGS", SETTINGS),
    ("GEAR", GEAR),
    ("FILTER", FILTER),
    ("SORT_UP", SORT_UP),
    ("SORT_DOWN", SORT_DOWN),
    ("MORE", MORE),
    ("LINK", LINK),
    ("EXTERNAL", EXTERNAL),
    ("HELP", HELP),
    ("COMMAND", COMMAND),
    ("KEYBOARD", KEYBOARD),
    ("KEY", KEY),
    ("EYE", EYE),
    ("EYE_OFF", EYE_OFF),
    ("CHART", CHART),
    ("SCATTER", SCATTER),
    ("CURVE", CURVE),
    ("TABLE", TABLE),
    ("GRID", GRID),
    ("LIST", LIST),
    ("BLOCKS", BLOCKS),
    ("INSPECT", INSPECT),
    ("TRAIN", TRAIN),
    ("STEER", STEER),
    ("HOME", HOME),
    ("CLOCK", CLOCK),
    ("DEVICE", DEVICE),
    ("MEMORY", MEMORY),
    ("DROP", DROP),
    ("DEMO", DEMO),
    ("COMPARE", COMPARE),
    ("SIDEBAR", SIDEBAR),
    ("LOCK", LOCK),
    ("CIRCLE", CIRCLE),
    ("DOT", DOT),
    ("TARGET", TARGET),
    ("GRAPH", GRAPH),
    ("TAG", TAG),
    ("SHUFFLE", SHUFFLE),
    ("SAVE", SAVE),
];
