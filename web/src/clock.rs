//! The browser's clocks and signals: animation frames, keys, the size of an element, media queries.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, EventTarget, KeyboardEvent, ResizeObserver};

/// Calls back once an animation frame with the real milliseconds since the last, until it is dropped.
pub struct Frames {
    running: Rc<Cell<bool>>,
}

impl Frames {
    /// Starts.
    pub fn start(on_frame: impl Fn(u32) + 'static) -> Self {
        let running = Rc::new(Cell::new(true));
        request(Rc::clone(&running), None, Rc::new(on_frame));
        Self { running }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.running.set(false);
    }
}

/// Asks for one frame. Each frame has a closure of its own, which frees itself after its call, so that a callback
/// may end the clock that called it.
fn request(running: Rc<Cell<bool>>, last: Option<f64>, on_frame: Rc<dyn Fn(u32)>) {
    let closure = Closure::once_into_js(move |now: f64| {
        if !running.get() {
            return;
        }
        let now = now.floor();
        on_frame(last.map_or(0.0, |last| (now - last).clamp(0.0, 60_000.0)) as u32);
        request(running, Some(now), on_frame);
    });
    if let Some(window) = web_sys::window() {
        let requested = window.request_animation_frame(closure.unchecked_ref());
        debug_assert!(requested.is_ok(), "a window gives animation frames");
    }
}

/// A listener that ends when it is dropped.
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub(crate) fn new(
        target: EventTarget,
        event: &'static str,
        on_event: impl FnMut(Event) + 'static,
    ) -> Self {
        let closure = Closure::<dyn FnMut(Event)>::new(on_event);
        let added = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        debug_assert!(added.is_ok(), "listening is always allowed");
        Self { target, event, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.closure.as_ref().unchecked_ref();
        let removed = self.target.remove_event_listener_with_callback(self.event, callback);
        debug_assert!(removed.is_ok(), "it was added");
    }
}

/// Hears every key that is pressed anywhere on the page; the callback says whether it was for the page.
pub fn keys(on_key: impl Fn(&KeyboardEvent) -> bool + 'static) -> Option<Listener> {
    let target: EventTarget = web_sys::window()?.document()?.into();
    Some(Listener::new(target, "keydown", move |event| {
        if let Some(key) = event.dyn_ref::<KeyboardEvent>()
            && on_key(key)
        {
            event.prevent_default();
        }
    }))
}

/// Whether a media query holds, now and whenever it changes.
pub fn media(query: &str, on_change: impl Fn(bool) + 'static) -> Option<Listener> {
    let list = web_sys::window()?.match_media(query).ok()??;
    on_change(list.matches());
    let watched = list.clone();
    Some(Listener::new(list.into(), "change", move |_| on_change(watched.matches())))
}

/// Whether a media query holds now.
pub fn media_matches(query: &str) -> bool {
    let list = web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
    list.is_some_and(|list| list.matches())
}

/// Tells width and height of an element whenever they change, until it is dropped.
pub struct Size {
    observer: ResizeObserver,
    element: Element,
    _closure: Closure<dyn FnMut(JsValue)>,
}

impl Size {
    /// Starts with the size that it has.
    pub fn watch(element: Element, on_size: impl Fn(f64, f64) + 'static) -> Option<Self> {
        let watched = element.clone();
        let closure = Closure::<dyn FnMut(JsValue)>::new(move |_| {
            on_size(f64::from(watched.client_width()), f64::from(watched.client_height()));
        });
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
        observer.observe(&element);
        Some(Self { observer, element, _closure: closure })
    }

    /// Whether it watches this element.
    pub fn is_on(&self, element: &Element) -> bool {
        self.element == *element
    }
}

impl Drop for Size {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
