//! The program's icon, drawn in assets/icon/blockscope.svg.

use eframe::{egui::IconData, icon_data};

/// The icon of the window, 256 x 256.
///
/// # Errors
/// The embedded picture cannot be decoded; the window then opens with the system's own icon.
pub fn window() -> Result<IconData, image::ImageError> {
    icon_data::from_png_bytes(include_bytes!("../../assets/icon/blockscope-256.png"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_icon_is_read() {
        let icon = super::window().unwrap();
        assert_eq!((icon.width, icon.height, icon.rgba.len()), (256, 256, 256 * 256 * 4));
    }
}
