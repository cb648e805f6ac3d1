//! MLflow's own web pages, from the files of an installed `mlflow` package: nothing of them is in this program.

use std::path::{Component, Path, PathBuf};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Response};
use axum::response::Redirect;
use axum::routing::get;
use tokio_util::io::ReaderStream;

use super::error::ApiError;
use super::request::InPath;

/// The path below which they are served.
pub const MLFLOW_PAGES: &str = "/mlflow/";

/// Where the pages lie in the package, or in a folder that holds it.
const PLACES: [&str; 4] = ["", "build", "server/js/build", "mlflow/server/js/build"];

/// A folder with MLflow's pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlflowPages(PathBuf);

impl MlflowPages {
    /// The pages of a folder: that of the pages, of the package, of a virtual environment, or what holds the package.
    #[must_use]
    pub fn find(folder: &Path) -> Option<Self> {
        let environment = std::fs::read_dir(folder.join("lib")).into_iter().flatten().flatten();
        let packages = environment.map(|entry| entry.path().join("site-packages"));
        std::iter::once(folder.to_owned())
            .chain(packages)
            .flat_map(|folder| PLACES.map(|place| folder.join(place)))
            .find(|folder| folder.join("index.html").is_file() && folder.join("static").is_dir())
            .and_then(|folder| folder.canonicalize().ok())
            .map(Self)
    }

    /// Where they lie.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The pages below [`MLFLOW_PAGES`], with the API that they ask, which they look for beside themselves.
    pub fn router(self, api: Router) -> Router {
        let files =
            Router::new().route("/", get(index)).route("/static-files/{*path}", get(file)).with_state(self);
        Router::new()
            .route("/mlflow", get(async || Redirect::permanent(MLFLOW_PAGES)))
            .nest(MLFLOW_PAGES, api.merge(files))
    }
}

async fn index(State(pages): State<MlflowPages>) -> Result<Response<Body>, ApiError> {
    send(&pages.0, pages.0.join("index.html"), "no-cache").await
}

async fn file(
    State(pages): State<MlflowPages>,
    InPath(path): InPath<String>,
) -> Result<Response<Body>, ApiError> {
    let inside = Path::new(&path);
    if !inside.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(ApiError::invalid("Invalid path"));
    }
    // The names of these hold a hash of what is in them.
    let kept = if inside.starts_with("static") { "public, max-age=31536000, immutable" } else { "no-cache" };
    send(&pages.0, pages.0.join(inside), kept).await
}

async fn send(root: &Path, path: PathBuf, kept: &'static str) -> Result<Response<Body>, ApiError> {
    let missing = || ApiError::not_found("MLflow's pages have no such file");
    // A link may lead outside.
    let real = tokio::fs::canonicalize(&path).await.map_err(|_| missing())?;
    let file = tokio::fs::File::open(&real).await.map_err(|_| missing())?;
    let is_file = file.metadata().await.is_ok_and(|data| data.is_file());
    if !real.starts_with(root) || !is_file {
        return Err(missing());
    }
    let mut response = Response::new(Body::from_stream(ReaderStream::new(file)));
    for (name, value) in [
        (CONTENT_TYPE, media(&path)),
        (CACHE_CONTROL, kept),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "SAMEORIGIN"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// The media type of a file of a page: here a script is a script.
fn media(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "ico" => "image/vnd.microsoft.icon",
        "wasm" => "application/wasm",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_found_in_a_package_and_in_a_virtual_environment() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().canonicalize().unwrap();
        assert_eq!(MlflowPages::find(&folder), None);
        let package = folder.join("lib/python3.11/site-packages/mlflow");
        let build = package.join("server/js/build");
        std::fs::create_dir_all(build.join("static")).unwrap();
        std::fs::write(build.join("index.html"), "").unwrap();
        for given in
            [&folder, &package, &package.join("server/js"), &package.parent().unwrap().to_owned(), &build]
        {
            assert_eq!(MlflowPages::find(given).unwrap().folder(), build, "{}", given.display());
        }
    }
}
