//! How smooth the page is and how soon it is there, in headless Chromium, beside a hand-written canvas and the smallest
//! Yew page. `cargo xtask bench-page` builds what it needs and keeps the table.
//!
//! `LAB_DIST` names the folder of the built page, `LAB_COUNTER` that of the counter.

use std::path::{Path, PathBuf};

use lab_tests::page::{Page, dist};

/// Frames that are watched at a time.
const FRAMES: usize = 300;
/// How often a page is loaded.
const LOADS: usize = 7;
/// A browser that draws as fast as it can.
const UNCAPPED: &[&str] = &["--disable-frame-rate-limit", "--disable-gpu-vsync"];
/// Milliseconds between two frames of an ordinary display.
const PERIOD: f64 = 1000.0 / 60.0;
/// Clients that send; see [`fill`].
const PRODUCERS: usize = 10;

fn main() {
    let arcs = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/page/arcs");
    let by_hand = Page::open_folder(&arcs, UNCAPPED).frames(FRAMES);
    let uncapped = flying(UNCAPPED);
    let ordinary = flying(&[]);
    let counter = std::env::var_os("LAB_COUNTER").map(PathBuf::from).expect("LAB_COUNTER names a folder");
    let (plain, lab) = (start_up(&counter, "button"), start_up(&dist(), "[data-testid^=lesson-]"));
    println!("### 5 000 frames on the wire at a time\n");
    println!("| page | a frame, uncapped | beside the hand-written one | of it on the main thread |");
    println!("|---|--:|--:|--:|");
    println!("| 5 000 `arc`s by hand | {:.1} ms | 1 | {:.1} ms |", by_hand.mean(), by_hand.busy);
    println!(
        "| the lab's stage, playing | {:.1} ms | {:.2} × | {:.1} ms |\n",
        uncapped.mean(),
        uncapped.mean() / by_hand.mean(),
        uncapped.busy
    );
    println!(
        "At 60 Hz: {:.1} % late frames, {:.1} ms of the main thread a frame.\n",
        ordinary.late(PERIOD) * 100.0,
        ordinary.busy
    );
    println!("### Until the page is there\n");
    println!("| page | time | beside the counter |\n|---|--:|--:|");
    println!("| a counter in Yew | {plain:.0} ms | 1 |");
    println!("| the lab, with its map of lessons | {lab:.0} ms | {:.1} × |", lab / plain);
}

/// The page while it plays a run with 5 000 frames on their way.
fn flying(arguments: &[&str]) -> lab_tests::page::frames::Frames {
    let page = Page::open_folder(&dist(), arguments);
    page.until("the page is drawn", || page.shows("lab-sandbox"));
    page.open_lab("sandbox");
    fill(&page);
    page.choose("speed", "1×");
    page.play();
    page.frames(FRAMES)
}

/// Ten producers send 50 messages a second each over links that take 5 s in either direction: 5 000 are on their way.
fn fill(page: &Page) {
    for line in ["name-server n1", "broker b1", "topic T queues=4", "run 2s"] {
        page.order(line);
    }
    for number in 1..=PRODUCERS {
        page.order(&format!("producer p{number} group=g sendMsgTimeout=60000"));
        page.order(&format!("link p{number} b1 latency=5000..5000"));
        page.order(&format!("send p{number} T count=100000 every=20ms async"));
    }
    page.order("run 25s");
}

/// Milliseconds until a page shows what matches the selector, in the middle of several loads.
fn start_up(folder: &Path, selector: &str) -> f64 {
    let page = Page::open_folder(folder, &[]);
    let mut times: Vec<f64> = (0..LOADS).map(|_| page.first_sight(selector)).collect();
    times.sort_by(f64::total_cmp);
    times[LOADS / 2]
}
