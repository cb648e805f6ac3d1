//! What a file is, by its name, as MLflow's server says it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What MLflow's pages show as text.
const TEXTS: [&str; 26] = [
    "txt",
    "log",
    "err",
    "cfg",
    "conf",
    "cnf",
    "cf",
    "ini",
    "properties",
    "prop",
    "hocon",
    "toml",
    "yaml",
    "yml",
    "xml",
    "json",
    "js",
    "py",
    "py3",
    "csv",
    "tsv",
    "md",
    "rst",
    "ipynb",
    "MLmodel",
    "MLproject",
];
const OTHERS: [(&str, &str); 19] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("svg", "image/svg+xml"),
    ("webp", "image/webp"),
    ("bmp", "image/bmp"),
    ("ico", "image/vnd.microsoft.icon"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("pdf", "application/pdf"),
    ("zip", "application/zip"),
    ("tar", "application/x-tar"),
    ("html", "text/html; charset=utf-8"),
    ("htm", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("wav", "audio/x-wav"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
];

/// The media type of a file of this name.
pub(super) fn content_type(name: &str) -> &'static str {
    // A name without a dot is its own extension.
    let extension = name.rsplit('.').next().unwrap_or(name);
    if TEXTS.contains(&extension) {
        return "text/plain; charset=utf-8";
    }
    let lower = extension.to_ascii_lowercase();
    let known = OTHERS.iter().find(|(known, _)| *known == lower);
    known.map_or("application/octet-stream", |(_, media)| media)
}

/// The header by which a file is saved under its name.
pub(super) fn disposition(name: &str) -> String {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$&+-.^_`|~".contains(c);
    if !name.is_empty() && name.chars().all(token) {
        return format!("attachment; filename={name}");
    }
    if name.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("attachment; filename=\"{quoted}\"");
    }
    format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_what_a_file_is() {
        for (name, media) in [
            ("a.txt", "text/plain; charset=utf-8"),
            ("conda.yaml", "text/plain; charset=utf-8"),
            ("MLmodel", "text/plain; charset=utf-8"),
            ("x.PNG", "image/png"),
            ("report.html", "text/html; charset=utf-8"),
            ("model.pkl", "application/octet-stream"),
            ("a.csv.gz", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), media, "{name}");
        }
    }

    #[test]
    fn a_name_can_not_leave_its_header() {
        assert_eq!(disposition("a.txt"), "attachment; filename=a.txt");
        assert_eq!(disposition("a b\".txt"), "attachment; filename=\"a b\\\".txt\"");
        assert_eq!(
            disposition("gr\u{f6}\u{df}e\r\n.txt"),
            "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe%0D%0A%2Etxt"
        );
    }
}
