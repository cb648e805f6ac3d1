//! The files of the page, as they stand in the repository: no build step lies between.

use std::sync::LazyLock;

use crate::record::sha256;

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asset {
    /// What it is.
    pub kind: &'static str,
    /// Its text.
    pub text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The page itself: the same for every address, its script reads which one it is.
pub(super) const PAGE: Asset = Asset { kind: HTML, text: include_str!("assets/index.html") };

macro_rules! files {
    ($($kind:ident $path:literal),* $(,)?) => {
        /// The other files, by their paths below `assets/`.
        const FILES: &[(&str, Asset)] =
            &[$(($path, Asset { kind: $kind, text: include_str!(concat!("assets/", $path)) })),*];
    };
}

files! {
    STYLE "style.css",
    SCRIPT "app.js",
    SCRIPT "colour.js",
    SCRIPT "control.js",
    SCRIPT "curves_plot.js",
    SCRIPT "dom.js",
    SCRIPT "dots.js",
    SCRIPT "feed.js",
    SCRIPT "format.js",
    SCRIPT "insight.js",
    SCRIPT "plot.js",
    SCRIPT "point_dialog.js",
    SCRIPT "scale.js",
    SCRIPT "selection.js",
    SCRIPT "store.js",
    SCRIPT "sweep.js",
    SCRIPT "sweeps.js",
    SCRIPT "trial.js",
    SCRIPT "trials.js",
    SCRIPT "panels/base.js",
    SCRIPT "panels/compare.js",
    SCRIPT "panels/contour.js",
    SCRIPT "panels/curves.js",
    SCRIPT "panels/distribution.js",
    SCRIPT "panels/failures.js",
    SCRIPT "panels/front.js",
    SCRIPT "panels/history.js",
    SCRIPT "panels/importance.js",
    SCRIPT "panels/ladder.js",
    SCRIPT "panels/parallel.js",
    SCRIPT "panels/running.js",
    SCRIPT "panels/slice.js",
    SCRIPT "panels/table.js",
    SCRIPT "panels/timeline.js",
}

/// The file of a path below `/assets/`.
pub(super) fn find(path: &str) -> Option<Asset> {
    FILES.iter().find(|(known, _)| *known == path).map(|(_, asset)| *asset)
}

/// What a browser names the files by that it has: another one as soon as any of them has changed.
pub(super) fn tag() -> &'static str {
    static TAG: LazyLock<String> = LazyLock::new(|| {
        let all: String = FILES.iter().map(|(_, asset)| asset.text).chain([PAGE.text]).collect();
        format!("\"{}\"", &sha256(all.as_bytes())[..16])
    });
    &TAG
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_all_its_modules_so_that_the_browser_asks_for_them_at_once() {
        let named = |path: &str| PAGE.text.contains(&format!("\"/assets/{path}\""));
        for (path, _) in FILES {
            assert!(named(path), "index.html does not name {path}");
        }
        let links = PAGE.text.matches("\"/assets/").count();
        assert_eq!(links, FILES.len(), "index.html names a file that there is none of, or one twice");
    }
}
