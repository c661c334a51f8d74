//! Showing the page: a web server for the built files, reachable from this machine only.
//!
//! The files are those that `cargo xtask build` makes and the page tests open. `trunk serve` is the better choice while
//! working on the page, but it adds a script of its own that reloads it, and goes on serving when the build fails.

use std::env;
use std::fs;
use std::io::{Cursor, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, Result, anyhow, bail};
use tiny_http::{Header, Method, Response, Server};

use crate::cli::ServeOptions;
use crate::page::{self, Profile};
use crate::tools;

/// How many ports after the wanted one are tried.
const PORTS_TRIED: u16 = 20;

/// `cargo xtask serve`: builds, serves until interrupted.
pub(crate) fn serve(options: &ServeOptions) -> Result<()> {
    tools::ensure_all()?;
    let dist = page::build(if options.debug { Profile::Debug } else { Profile::Release })?;

    let (port, listeners) = listen(options.port)?;
    if port != options.port {
        println!("Port {} is in use; taking {port} instead.", options.port);
    }
    let mut workers = Vec::new();
    for listener in listeners {
        let server =
            Server::from_listener(listener, None).map_err(|error| anyhow!("cannot serve: {error}"))?;
        let dist = dist.clone();
        workers.push(thread::spawn(move || answer_all(&server, &dist)));
    }

    let address = format!("http://localhost:{port}/");
    println!("\nRocketMQ Lab is at {address} (Ctrl-C ends it)");
    if options.open && has_desktop() && open::that_detached(&address).is_err() {
        println!("No browser could be opened; please open that address.");
    }
    for worker in workers {
        worker.join().map_err(|_| anyhow!("the web server stopped"))?;
    }
    Ok(())
}

/// The first port from `wanted` on that nobody uses.
fn listen(wanted: u16) -> Result<(u16, Vec<TcpListener>)> {
    let last = wanted.saturating_add(PORTS_TRIED);
    for port in wanted..=last {
        match listen_on(port) {
            Ok(listeners) => return Ok((port, listeners)),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(error) => return Err(error).with_context(|| format!("cannot serve on port {port}")),
        }
    }
    bail!("the ports {wanted} to {last} are all in use; please choose another with --port")
}

/// Listens on both addresses that `localhost` can mean, as browsers differ in which they try first.
fn listen_on(port: u16) -> std::io::Result<Vec<TcpListener>> {
    let mut listeners = vec![TcpListener::bind((Ipv4Addr::LOCALHOST, port))?];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        Ok(listener) => listeners.push(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
        // A machine without IPv6 does without.
        Err(_) => {}
    }
    Ok(listeners)
}

fn answer_all(server: &Server, dist: &Path) {
    for request in server.incoming_requests() {
        let response = answer(request.method(), request.url(), dist);
        // The browser has gone away; there is nobody left to tell.
        let _ = request.respond(response);
    }
}

/// The file that a request asks for. There is no fallback to the front page: the page has one address.
fn answer(method: &Method, url: &str, dist: &Path) -> Response<Cursor<Vec<u8>>> {
    if !matches!(method, Method::Get | Method::Head) {
        return plain(405, "Only GET and HEAD are answered here.\n");
    }
    let file = file_for(url, dist);
    match file.as_deref().map(|file| (file, fs::read(file))) {
        Some((file, Ok(bytes))) => Response::from_data(bytes)
            // With its length in front, so that a browser can show how far it has come.
            .with_chunked_threshold(usize::MAX)
            .with_header(header("Content-Type", content_type(file)))
            // The next build may put another page at the same address.
            .with_header(header("Cache-Control", "no-cache")),
        _ => plain(404, "There is no such file. The page is at /.\n"),
    }
}

fn plain(status: u16, text: &str) -> Response<Cursor<Vec<u8>>> {
    Response::from_string(text).with_status_code(status)
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("names and values are ASCII literals of this file")
}

/// Where the file of an address lies, or nothing if the address leads out of the folder.
fn file_for(url: &str, dist: &Path) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?;
    let mut file = dist.to_path_buf();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        // No file that Trunk writes has a name that starts with a dot or needs escaping in an address.
        if segment.starts_with('.') || segment.contains(['\\', ':', '%']) {
            return None;
        }
        file.push(segment);
    }
    if path.ends_with('/') {
        file.push("index.html");
    }
    Some(file)
}

/// Browsers compile WASM while it arrives, and run modules, only with the right type.
fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Whether opening a browser can work.
fn has_desktop() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("CI")
        && (cfg!(any(target_os = "macos", windows)) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_files_and_never_out_of_the_folder() {
        let dist = Path::new("dist");
        let file = |url| file_for(url, dist);
        assert_eq!(file("/"), Some(dist.join("index.html")));
        assert_eq!(file("/?lesson=3#x"), Some(dist.join("index.html")));
        assert_eq!(file("/lab.wasm"), Some(dist.join("lab.wasm")));
        assert_eq!(file("/lessons/one.md"), Some(dist.join("lessons").join("one.md")));
        for out in ["/../Cargo.toml", "/a/../../b", "/%2e%2e/b", "/..\\b", "/C:/b", "/.git/config"] {
            assert_eq!(file(out), None, "{out:?}");
        }
    }

    #[test]
    fn answers_have_the_right_type_and_status() {
        let root = crate::shell::root();
        let found = answer(&Method::Get, "/Cargo.toml", &root);
        assert_eq!(found.status_code().0, 200);
        assert_eq!(answer(&Method::Get, "/no-such-file", &root).status_code().0, 404);
        assert_eq!(answer(&Method::Post, "/Cargo.toml", &root).status_code().0, 405);
        assert_eq!(content_type(Path::new("lab_bg.wasm")), "application/wasm");
        assert_eq!(content_type(Path::new("lab.js")), "text/javascript; charset=utf-8");
    }

    #[test]
    fn a_port_in_use_leads_to_the_next_free_one() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let (other, listeners) = listen(port).unwrap();
        assert!(other > port);
        assert!(!listeners.is_empty());
    }
}
