//! Plots as PNG: for pages and slides that take no SVG.
//!
//! The font is bundled, so that the pictures look the same on every machine, one without any fonts included.

use resvg::{tiny_skia, usvg};

/// Pixels for one unit of the SVG: sharp on today's screens.
const SCALE: f32 = 2.0;
const FONT: &str = "DejaVu Sans";

/// Why a plot could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The SVG is not one.
    #[error("the plot can't be read")]
    Svg(#[from] usvg::Error),
    /// The picture would have no pixels, or more than fit in memory.
    #[error("the plot has no size that a picture can have")]
    Size,
    /// The picture can't be written.
    #[error("the picture can't be written: {0}")]
    Encode(String),
}

/// Draws an SVG on white, at twice its size, as a PNG file.
///
/// # Errors
/// Where the text is no SVG, or its size is beyond what a picture can have.
pub fn png(svg: &str) -> Result<Vec<u8>, PngError> {
    let mut options = usvg::Options { font_family: FONT.to_owned(), ..usvg::Options::default() };
    let fonts = options.fontdb_mut();
    for face in [dejavu::sans::regular(), dejavu::sans::bold(), dejavu::sans_mono::regular()] {
        fonts.load_font_data(face.to_vec());
    }
    fonts.set_sans_serif_family(FONT);
    fonts.set_serif_family(FONT);
    fonts.set_monospace_family("DejaVu Sans Mono");
    let tree = usvg::Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or(PngError::Size)?;
    let mut picture = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or(PngError::Size)?;
    picture.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut picture.as_mut());
    picture.encode_png().map_err(|error| PngError::Encode(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Width and height as the file's header has them.
    fn size(file: &[u8]) -> (u32, u32) {
        assert_eq!(&file[..8], b"\x89PNG\r\n\x1a\n");
        let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    }

    fn drawn(text: &str) -> Vec<u8> {
        png(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"50\" viewBox=\"0 0 200 50\">\
             <text x=\"10\" y=\"30\" font-family=\"sans-serif\" font-size=\"12\">{text}</text></svg>"
        ))
        .unwrap()
    }

    #[test]
    fn a_picture_has_twice_the_size_of_its_plot() {
        assert_eq!(size(&drawn("")), (400, 100));
    }

    #[test]
    fn text_is_drawn_without_any_font_of_the_system() {
        assert_ne!(drawn("lr"), drawn(""));
        assert_ne!(drawn("größe"), drawn("lr"));
    }

    #[test]
    fn what_is_no_plot_is_an_error() {
        assert!(png("no svg").is_err());
    }
}
