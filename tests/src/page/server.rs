//! A web server for the built page that remembers what it was asked for.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tiny_http::{Header, Request, Response};

/// A server of one folder on a free port of this machine, which ends when it is dropped.
pub struct Server {
    http: Arc<tiny_http::Server>,
    asked: Arc<Mutex<Vec<Asked>>>,
    thread: Option<JoinHandle<()>>,
}

/// A request that came in.
#[derive(Clone)]
struct Asked {
    path: String,
    found: bool,
}

impl Server {
    /// Serves a folder.
    ///
    /// # Panics
    /// When the page is not in it.
    pub fn start(folder: &Path) -> Self {
        let place = folder.display();
        assert!(
            folder.join("index.html").is_file(),
            "the built page is not in {place}: build it with `cargo xtask build`, or name its folder in LAB_DIST"
        );
        let http = tiny_http::Server::http("127.0.0.1:0").expect("some port of this machine is free");
        let http = Arc::new(http);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (server, note, folder) = (Arc::clone(&http), Arc::clone(&asked), folder.to_path_buf());
        let thread = thread::spawn(move || {
            for request in server.incoming_requests() {
                let path = request.url().to_owned();
                let file = file_of(&folder, &path);
                let found = file.is_some();
                note.lock().unwrap_or_else(PoisonError::into_inner).push(Asked { path, found });
                // A browser may stop reading one answer until it has another, so none waits for any other.
                thread::spawn(move || answer(request, file));
            }
        });
        Self { http, asked, thread: Some(thread) }
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        let address = self.http.server_addr().to_ip().expect("it listens on an IP address");
        format!("http://{address}/")
    }

    /// Every path that was asked for, in order.
    pub fn requests(&self) -> Vec<String> {
        self.asked().into_iter().map(|it| it.path).collect()
    }

    /// The paths that were asked for in vain.
    pub fn missing(&self) -> Vec<String> {
        self.asked().into_iter().filter(|it| !it.found).map(|it| it.path).collect()
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.http.unblock();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("the web server broke down");
        }
    }
}

/// The file that a path names, unless it leads out of the folder or to nothing.
fn file_of(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = path.split(['?', '#']).next()?.trim_start_matches('/');
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
    let file = folder.join(path);
    (stays && file.is_file()).then_some(file)
}

fn answer(request: Request, file: Option<PathBuf>) {
    let bytes = file.as_ref().and_then(|file| fs::read(file).ok());
    let sent = match (file, bytes) {
        (Some(file), Some(bytes)) => {
            let kind = Header::from_bytes("Content-Type", mime_type(&file)).expect("plain ASCII");
            request.respond(Response::from_data(bytes).with_header(kind))
        }
        _ => request.respond(Response::from_string("there is no such file").with_status_code(404)),
    };
    if let Err(why) = sent {
        eprintln!("the browser did not wait for an answer: {why}");
    }
}

/// The type that a browser insists on; it compiles WASM while loading only when it is called by its name.
fn mime_type(file: &Path) -> &'static str {
    match file.extension().and_then(|it| it.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(file_of(folder, "/Cargo.toml?v=1"), Some(folder.join("Cargo.toml")));
        for path in ["/../Cargo.toml", "/src/../Cargo.toml", "//etc/hostname", "/nothing", "/"] {
            assert_eq!(file_of(folder, path), None, "{path}");
        }
    }

    #[test]
    fn wasm_is_called_by_its_name() {
        assert_eq!(mime_type(Path::new("lab-web_bg.wasm")), "application/wasm");
        assert_eq!(mime_type(Path::new("LICENSE")), "application/octet-stream");
    }
}
