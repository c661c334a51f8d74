//! How smoothly and how soon a page is drawn, for the benches. Nothing here is a test: a slow machine is no mistake.

use serde_json::{Value, json};

use super::Page;

/// Notes the moments of so many frames.
const FRAMES: &str = r"
const [count, done] = arguments, moments = [];
const note = moment => {
    moments.push(moment);
    if (moments.length > count) done(moments); else requestAnimationFrame(note);
};
requestAnimationFrame(note);
";

/// Notes when something that matches a selector is there, counted from the beginning of the navigation.
const FIRST_SIGHT: &str = r"
addEventListener('DOMContentLoaded', () => {
    const look = () => {
        if (window.firstSight === undefined && document.querySelector(SELECTOR)) {
            requestAnimationFrame(() => { window.firstSight = performance.now(); });
            watch.disconnect();
        }
    };
    const watch = new MutationObserver(look);
    watch.observe(document, { childList: true, subtree: true });
    look();
});
";

/// What some frames took.
#[derive(Clone, Debug)]
pub struct Frames {
    /// Milliseconds between two frames, each.
    pub gaps: Vec<f64>,
    /// Milliseconds that the main thread was busy for one frame, on average.
    pub busy: f64,
}

impl Frames {
    /// Milliseconds between two frames, on average.
    pub fn mean(&self) -> f64 {
        self.gaps.iter().sum::<f64>() / self.gaps.len() as f64
    }

    /// The share of frames that came more than half a period after the moment of a display with this period, in
    /// milliseconds.
    pub fn late(&self, period: f64) -> f64 {
        let late = self.gaps.iter().filter(|gap| **gap > period * 1.5).count();
        late as f64 / self.gaps.len() as f64
    }
}

impl Page {
    /// Watches so many frames of whatever the page does.
    pub fn frames(&self, count: usize) -> Frames {
        let before = self.busy_seconds();
        let moments = self.drive(self.browser().execute_async(FRAMES, vec![json!(count)]));
        let moments: Vec<f64> =
            moments.and_then(|answer| answer.convert()).expect("frames go on being drawn");
        let busy = (self.busy_seconds() - before) * 1000.0 / count as f64;
        Frames { gaps: moments.windows(2).map(|pair| pair[1] - pair[0]).collect(), busy }
    }

    /// Seconds that the page's main thread has worked so far.
    fn busy_seconds(&self) -> f64 {
        let cdp = self.browser().cdp();
        self.drive(cdp.send_raw("Performance.enable", json!({}))).expect("Chromium measures itself");
        let answer = self.drive(cdp.send_raw("Performance.getMetrics", json!({})));
        let answer: Value = answer.expect("Chromium tells what it measured");
        let metrics = answer["metrics"].as_array().into_iter().flatten();
        let task =
            metrics.filter(|metric| metric["name"] == "TaskDuration").find_map(|it| it["value"].as_f64());
        task.expect("Chromium measures the time of tasks")
    }

    /// Loads the page anew and says how many milliseconds passed until something that matches the selector was drawn.
    pub fn first_sight(&self, selector: &str) -> f64 {
        let source = FIRST_SIGHT.replace("SELECTOR", &json!(selector).to_string());
        let cdp = self.browser().cdp();
        let script =
            self.drive(cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })));
        let script: Value = script.expect("Chromium takes a script for the next page");
        self.drive(self.browser().refresh()).expect("a page can be loaded again");
        let sight = self.until_some("the page is drawn", || {
            self.ask::<Option<f64>>("return window.firstSight ?? null", vec![])
        });
        let identifier = json!({ "identifier": script["identifier"] });
        let removed = self.drive(cdp.send_raw("Page.removeScriptToEvaluateOnNewDocument", identifier));
        removed.expect("a script can be taken away again");
        sight
    }
}
