//! Tests in a real browser: the page is mounted on a fresh element, buttons are clicked, texts and roles read.
//!
//! They are few; the logic is tested natively with the session.
#![cfg(target_arch = "wasm32")]

use gloo_timers::future::TimeoutFuture;
use lab_web::app::App;
use lab_web::geometry::flying::{DOTS, Dot, Look};
use lab_web::palette::TAG_COLOURS;
use lab_web::stage::canvas::{CanvasPainter, Ink, Painter};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{
    CanvasRenderingContext2d, Document, Element, Event, HtmlCanvasElement, HtmlElement, HtmlInputElement,
};
use yew::AppHandle;

wasm_bindgen_test_configure!(run_in_browser);

/// The page on an element of its own, taken away at the end of the test.
struct Page {
    root: Element,
    app: Option<AppHandle<App>>,
}

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect("a browser has a document")
}

impl Page {
    async fn open() -> Self {
        let window = web_sys::window().expect("a browser has a window");
        let storage = window.local_storage().ok().flatten().expect("Chromium has a storage");
        storage.clear().expect("it can be cleared");
        let root = document().create_element("div").expect("a plain element");
        document().body().expect("the page has a body").append_child(&root).expect("it can be appended");
        let app = yew::Renderer::<App>::with_root(root.clone()).render();
        let page = Self { root, app: Some(app) };
        page.settle().await;
        if document().document_element().and_then(|it| it.get_attribute("lang")).as_deref() != Some("en") {
            page.click("lang").await;
        }
        page
    }

    async fn settle(&self) {
        TimeoutFuture::new(30).await;
    }

    fn find(&self, testid: &str) -> Option<Element> {
        let selector = format!("[data-testid=\"{testid}\"]");
        self.root.query_selector(&selector).expect("the selector is well formed")
    }

    fn element(&self, testid: &str) -> Element {
        self.find(testid).unwrap_or_else(|| panic!("there is no {testid}"))
    }

    fn text(&self, testid: &str) -> String {
        self.element(testid).text_content().unwrap_or_default()
    }

    async fn click(&self, testid: &str) {
        self.element(testid).unchecked_into::<HtmlElement>().click();
        self.settle().await;
    }

    async fn type_into(&self, testid: &str, text: &str) {
        let input: HtmlInputElement = self.element(testid).unchecked_into();
        input.set_value(text);
        let init = web_sys::EventInit::new();
        init.set_bubbles(true);
        let event = Event::new_with_event_init_dict("input", &init).expect("a plain event");
        input.dispatch_event(&event).expect("it is dispatched");
        self.settle().await;
    }

    /// A ready lab, paused.
    async fn paused(lab: &str) -> Self {
        let page = Self::open().await;
        page.click(lab).await;
        if page.element("play").get_attribute("aria-pressed").as_deref() == Some("true") {
            page.click("play").await;
        }
        page
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(app) = self.app.take() {
            app.destroy();
        }
        self.root.remove();
    }
}

#[wasm_bindgen_test]
async fn the_front_page_offers_four_labs_and_two_versions() {
    let page = Page::open().await;
    for testid in ["lab-flow", "lab-broadcast", "lab-failover", "lab-sandbox"] {
        assert_eq!(page.element(testid).tag_name(), "BUTTON");
    }
    let newest: HtmlInputElement = page.element("profile-v5").unchecked_into();
    assert!(newest.checked());
    page.click("profile-v4").await;
    page.click("lab-flow").await;
    let text = page.root.text_content().unwrap_or_default();
    assert!(text.contains("RocketMQ 4.9.8"), "{text}");
}

#[wasm_bindgen_test]
async fn the_language_changes_everywhere_and_is_remembered() {
    let page = Page::paused("lab-flow").await;
    assert!(page.text("play").contains("Play"));
    page.click("lang").await;
    assert!(page.text("play").contains("播放"));
    let root = document().document_element().expect("the document has a root");
    assert_eq!(root.get_attribute("lang").as_deref(), Some("zh-CN"));
    let storage =
        web_sys::window().and_then(|window| window.local_storage().ok().flatten()).expect("a storage");
    assert_eq!(storage.get_item("rocketmq-lab.lang").ok().flatten().as_deref(), Some("zh-CN"));
}

#[wasm_bindgen_test]
async fn a_broker_is_killed_by_its_menu_and_comes_back_by_rewinding() {
    let page = Page::paused("lab-failover").await;
    assert_eq!(page.text("status-broker-a"), "up");
    page.click("menu-broker-a").await;
    assert!(page.text("do-kill-broker-a").contains("kill broker-a"), "the command is shown");
    page.click("do-kill-broker-a").await;
    assert_eq!(page.text("status-broker-a"), "KILLED");
    page.click("step-back").await;
    page.click("step-back").await;
    assert_eq!(page.text("status-broker-a"), "up");
}

#[wasm_bindgen_test]
async fn steps_move_the_clock_and_fill_the_event_list() {
    let page = Page::paused("lab-flow").await;
    let before = page.text("clock");
    for _ in 0..5 {
        page.click("step").await;
    }
    assert_ne!(page.text("clock"), before);
    page.click("event-row").await;
    assert!(page.find("chain").is_some());
}

#[wasm_bindgen_test]
async fn a_wrong_command_is_explained_and_kept() {
    let page = Page::paused("lab-flow").await;
    page.type_into("command-input", "kill <b>nobody</b>").await;
    page.click("command-run").await;
    assert!(page.text("command-error").contains("there is no node"), "{}", page.text("command-error"));
    let input: HtmlInputElement = page.element("command-input").unchecked_into();
    assert_eq!(input.value(), "kill <b>nobody</b>");
    assert!(page.element("command-error").query_selector("b b, span b").ok().flatten().is_none());
}

#[wasm_bindgen_test]
async fn a_form_issues_the_line_that_it_shows() {
    let page = Page::paused("lab-sandbox").await;
    page.click("add").await;
    assert_eq!(page.text("form-line"), "name-server nsrv-0");
    page.type_into("field-node", "ns-x").await;
    assert_eq!(page.text("form-line"), "name-server ns-x");
    page.click("form-submit").await;
    assert!(page.find("dialog").is_none());
    assert!(page.find("node-ns-x").is_some());
}

#[wasm_bindgen_test]
async fn the_canvas_draws_what_flies() {
    let page = Page::open().await;
    page.click("lab-flow").await;
    let canvas: HtmlCanvasElement =
        page.root.query_selector("canvas").ok().flatten().expect("there is a canvas").unchecked_into();
    assert_eq!(canvas.get_attribute("aria-hidden").as_deref(), Some("true"));
    let context: CanvasRenderingContext2d =
        canvas.get_context("2d").ok().flatten().expect("a context").unchecked_into();
    for _ in 0..100 {
        TimeoutFuture::new(50).await;
        let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
        let image = context.get_image_data(0.0, 0.0, width, height).expect("pixels can be read");
        if image.data().iter().any(|byte| *byte != 0) {
            return;
        }
    }
    panic!("nothing was drawn within five seconds");
}

#[wasm_bindgen_test]
fn as_many_dots_as_there_may_be_are_drawn() {
    let canvas: HtmlCanvasElement =
        document().create_element("canvas").expect("a plain element").unchecked_into();
    let mut painter = CanvasPainter::new(canvas.clone()).expect("Chromium has a context");
    let dot = |place: usize| {
        let look = Look {
            data: !place.is_multiple_of(4),
            response: place.is_multiple_of(2),
            colour: place % TAG_COLOURS.len(),
        };
        let (x, y) = ((place * 37 % 1_100) as f64 + 10.0, (place * 53 % 480) as f64 + 10.0);
        Dot { x, y, look, letter: Some('A') }
    };
    let mut dots: Vec<Dot> = (0..DOTS).map(dot).collect();
    dots.sort_by_key(|dot| dot.look);
    for _ in 0..60 {
        dots.iter_mut().for_each(|dot| dot.x += 0.5);
        painter.paint(&dots, 1_140.0, 500.0, Ink::LIGHT);
    }
    let context: CanvasRenderingContext2d =
        canvas.get_context("2d").ok().flatten().expect("a context").unchecked_into();
    let image = context.get_image_data(0.0, 0.0, 1_140.0, 500.0).expect("pixels can be read");
    let inked = image.data().chunks_exact(4).filter(|pixel| pixel[3] != 0).count();
    assert!(inked > 20_000, "{inked} pixels were drawn");
}
