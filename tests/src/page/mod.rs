//! A person in front of the built page: a browser that is told to click, to type and to look, and nothing else.
//!
//! [`Page`] is one visit. It serves the folder of the built page ([`server`]), starts a driver with a browser
//! ([`driver`]), and names everything as a person finds it: by its `data-testid`, by the word that it shows, by the
//! key that is pressed. A script only ever looks; what changes the page goes through the mouse and the keyboard.
//!
//! Nothing here waits for a time to pass: [`Page::until`] waits for what must become true, and gives up with a
//! sentence after [`PATIENCE`], which a slow machine does not exhaust.
//!
//! Where the page lies and which browser opens it can be said by variables:
//!
//! | variable | meaning | without it |
//! |---|---|---|
//! | `LAB_DIST` | the folder of the built page | `dist` in the workspace |
//! | `CHROMEDRIVER` | the driver | `chromedriver` on the `PATH` |
//! | `CHROME` | the browser | the one that the driver finds |
//!
//! **Invariants**: one browser at a time, whatever the number of test threads; it is closed after a failure too. A
//! visit ends in peace, or its test fails: nothing severe in the browser's log, no address but the page's own, and
//! no request to the server after the page has loaded ([`Page::leave`]).

pub mod acting;
pub mod driver;
pub mod frames;
pub mod learning;
pub mod looking;
pub mod server;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::ChromiumLikeCapabilities;
pub use thirtyfour::Key;
use thirtyfour::prelude::{By, DesiredCapabilities, WebDriver, WebDriverResult, WebElement};
use thirtyfour::{BrowserLogEntry, ChromeCapabilities, LoggingPrefsLogLevel};
use tokio::runtime::Runtime;

use self::driver::Driver;
use self::server::Server;

/// How long a condition may take to become true.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks.
const GLANCE: Duration = Duration::from_millis(40);

/// One browser at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A visit to the page.
pub struct Page {
    browser: Option<WebDriver>,
    runtime: Runtime,
    server: Server,
    log: Mutex<Vec<BrowserLogEntry>>,
    loaded: Mutex<usize>,
    _driver: Driver,
    _turn: MutexGuard<'static, ()>,
}

impl Page {
    /// Opens the page in a fresh browser, in English.
    pub fn open() -> Self {
        let page = Self::open_folder(&dist(), &[]);
        page.arrive();
        if page.root("lang") != "en" {
            page.click("lang");
            page.until("the page is in English", || page.root("lang") == "en");
        }
        page
    }

    /// Opens the `index.html` of a folder, whatever it shows, in a fresh browser with arguments beside the usual ones.
    pub fn open_folder(folder: &Path, arguments: &[&str]) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let server = Server::start(folder);
        let driver = Driver::start();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime needs nothing that is missing here");
        let browser = runtime
            .block_on(WebDriver::new(driver.address(), capabilities(arguments)))
            .unwrap_or_else(|why| panic!("the driver cannot open a browser: {why}"));
        let page = Self {
            browser: Some(browser),
            runtime,
            server,
            log: Mutex::default(),
            loaded: Mutex::default(),
            _driver: driver,
            _turn: turn,
        };
        let address = page.server.address();
        page.drive(page.browser().goto(address)).expect("the page's own address opens");
        page
    }

    /// Loads the page anew, as the browser's button does.
    pub fn reload(&self) {
        self.drive(self.browser().refresh()).expect("a page can be loaded again");
        self.arrive();
    }

    /// Waits for the page to be drawn; requests from here on are too late.
    fn arrive(&self) {
        self.until("the page is drawn", || self.shows("home"));
        *held(&self.loaded) = self.server.requests().len();
    }

    /// Ends the visit, which must have been a quiet one.
    pub fn leave(self) {
        let severe: Vec<_> = self.log().into_iter().filter(|entry| entry.level == "SEVERE").collect();
        assert!(severe.is_empty(), "the browser's log has errors: {severe:#?}");
        let strangers = self.strangers();
        assert!(strangers.is_empty(), "the page asked other places: {strangers:?}");
        let late = self.late_requests();
        assert!(late.is_empty(), "the page asked for more after it had loaded: {late:?}");
        let missing = self.server.missing();
        assert!(missing.is_empty(), "the page asked for files that there are not: {missing:?}");
    }

    /// The paths that were asked for after the page had loaded.
    pub fn late_requests(&self) -> Vec<String> {
        self.server.requests().split_off(*held(&self.loaded))
    }

    /// Addresses that were loaded from anywhere but the page's own server.
    pub fn strangers(&self) -> Vec<String> {
        let own = "return performance.getEntriesByType('resource').map(it => it.name).filter(it => \
                   !it.startsWith(location.origin + '/') && !it.startsWith('data:') && !it.startsWith('blob:'))";
        self.ask(own, vec![])
    }

    /// Everything that the browser has logged since the visit began.
    pub fn log(&self) -> Vec<BrowserLogEntry> {
        let fresh = self.drive(self.browser().browser_log()).expect("Chromium's driver keeps a log");
        let mut log = held(&self.log);
        log.extend(fresh);
        log.clone()
    }

    /// Waits for a condition.
    ///
    /// # Panics
    /// When it has not become true within [`PATIENCE`]: `what` says what was waited for.
    pub fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        self.until_some(what, || is_so().then_some(()));
    }

    /// Waits for something to be there.
    ///
    /// # Panics
    /// As [`until`](Self::until) does.
    pub fn until_some<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            if begun.elapsed() > PATIENCE {
                let asked = self.server.requests();
                panic!(
                    "waited in vain: {what}\nthe server was asked for: {asked:?}\nthe page:\n{}",
                    self.account()
                );
            }
            thread::sleep(GLANCE);
        }
    }

    /// Clicks on something, and looks at what came of it before anything else is done.
    pub fn click(&self, testid: &str) {
        self.with(testid, "clicked", async |element| element.click().await);
        self.settle();
    }

    /// Clicks on a spot of something, given as a share of its width.
    pub fn click_at(&self, testid: &str, share: f64) {
        self.with(testid, "clicked", async |element| {
            let width = element.rect().await?.width;
            let aside = ((share - 0.5) * width) as i64;
            let mouse = element.handle().action_chain_with_delay(None, Some(Duration::ZERO));
            mouse.move_to_element_with_offset(&element, aside, 0).click().perform().await
        });
        self.settle();
    }

    /// Replaces what stands in a field.
    pub fn fill_in(&self, testid: &str, text: &str) {
        self.with(testid, "filled in", async |element| {
            element.click().await?;
            element.send_keys(Key::Control + "a").await?;
            element.send_keys(Key::Delete + "").await?;
            element.send_keys(text).await
        });
        self.until(&format!("{testid} holds {text}"), || self.value(testid) == text);
    }

    /// Chooses an entry of a list by what it says.
    pub fn choose(&self, testid: &str, label: &str) {
        let option = By::XPath(format!(".//option[normalize-space()='{label}']"));
        self.with(testid, "opened", async |element| element.find(option.clone()).await?.click().await);
    }

    /// Presses and releases a key, wherever the focus is.
    pub fn press(&self, key: impl Into<char>) {
        let key: char = key.into();
        let keyboard = self.browser().action_chain_with_delay(Some(Duration::ZERO), None);
        self.drive(keyboard.key_down(key).key_up(key).perform()).expect("a key can be pressed");
    }

    /// Goes on with Tab until something has the focus.
    pub fn tab_to(&self, testid: &str) {
        const LONGEST_WAY: usize = 250;
        for _ in 0..LONGEST_WAY {
            self.press(Key::Tab);
            if self.focused().as_deref() == Some(testid) {
                return;
            }
        }
        panic!("{LONGEST_WAY} times Tab do not lead to {testid}");
    }

    /// Gives the viewport a size, also one that no window can have.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let cdp = self.browser().cdp();
        self.drive(cdp.send_raw("Emulation.setDeviceMetricsOverride", size)).expect("Chromium has viewports");
        self.until("the viewport has its size", || {
            self.ask::<(u32, u32)>("return [innerWidth, innerHeight]", vec![]) == (width, height)
        });
        self.settle();
    }

    /// Waits until the page has been drawn twice, after whatever was done last.
    pub fn settle(&self) {
        let frames =
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))";
        self.drive(self.browser().execute_async(frames, vec![])).expect("frames go on being drawn");
    }

    /// Runs a script that looks at the page.
    pub fn ask<T: serde::de::DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> T {
        let answer = self.drive(self.browser().execute(script, arguments));
        let answer = answer.unwrap_or_else(|why| panic!("{script}\nfailed: {why}"));
        answer.convert().unwrap_or_else(|why| panic!("{script}\nanswered {}: {why}", answer.json()))
    }

    fn browser(&self) -> &WebDriver {
        self.browser.as_ref().expect("the browser is there until the visit is over")
    }

    fn drive<F: IntoFuture>(&self, deed: F) -> F::Output {
        self.runtime.block_on(deed.into_future())
    }

    /// Does something with an element, as soon as it is there and can be reached.
    fn with(&self, testid: &str, done: &str, deed: impl AsyncFn(WebElement) -> WebDriverResult<()>) {
        let mut why = String::from("it is not there");
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let result = self.drive(async {
                let element = self.browser().find(By::Css(format!("[data-testid=\"{testid}\"]"))).await?;
                deed(element).await
            });
            match result {
                Ok(()) => return,
                Err(error) => why = error.to_string(),
            }
            thread::sleep(GLANCE);
        }
        panic!("{testid} cannot be {done}: {why}\nthe page:\n{}", self.account());
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let Some(browser) = self.browser.take() else { return };
        if thread::panicking()
            && let Ok(log) = self.runtime.block_on(browser.browser_log())
        {
            let lines = log.iter().map(|entry| format!("{} {}", entry.level, entry.message));
            eprintln!("the browser's log: {:#?}", lines.collect::<Vec<_>>());
        }
        if let Err(why) = self.runtime.block_on(browser.quit()) {
            eprintln!("the browser was not closed: {why}");
        }
    }
}

/// What is behind a lock that nobody else holds for long.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder of the built page.
pub fn dist() -> PathBuf {
    let folder = std::env::var_os("LAB_DIST").map(PathBuf::from);
    folder.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join("dist"))
}

fn capabilities(more: &[&str]) -> ChromeCapabilities {
    let mut chrome = DesiredCapabilities::chrome();
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--window-size=1440,900",
        "--lang=en-US",
    ];
    let mut set = arguments.iter().chain(more).try_for_each(|argument| chrome.add_arg(argument));
    set = set.and_then(|()| chrome.set_browser_log_level(LoggingPrefsLogLevel::All));
    if let Some(binary) = std::env::var("CHROME").ok().filter(|it| !it.is_empty()) {
        set = set.and_then(|()| chrome.set_binary(&binary));
    }
    set.expect("these options can be written as JSON");
    chrome
}
