//! Dialogs of Windows and macOS.

use super::{Choice, Dialogs, Pick, Picked};

/// The system's dialogs.
pub(super) struct Portal;

impl Dialogs for Portal {
    fn show(&self, pick: &Pick) -> Picked {
        let mut dialog = rfd::FileDialog::new().set_title(&pick.title);
        for (name, endings) in &pick.filters {
            dialog = dialog.add_filter(name, endings);
        }
        if let Some(folder) = &pick.folder {
            dialog = dialog.set_directory(folder);
        }
        let chosen = match &pick.choice {
            Choice::Folder => dialog.pick_folder().map(|path| vec![path]),
            Choice::File => dialog.pick_file().map(|path| vec![path]),
            Choice::Files => dialog.pick_files(),
            Choice::Save(name) => dialog.set_file_name(name).save_file().map(|path| vec![path]),
        };
        chosen.map_or(Picked::Closed, Picked::Paths)
    }
}
