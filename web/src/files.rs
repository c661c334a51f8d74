//! Files of the person at the page: chosen, dropped, saved. Nothing is read that they did not hand over, and nothing
//! leaves the page. This is the only place that touches the browser's files.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobPropertyBag, DragEvent, Element, EventTarget, File, FileList, HtmlElement, HtmlInputElement,
};
use yew::platform::spawn_local;

use crate::clock::Listener;

/// How many files are taken at once; a class is smaller.
pub const MOST_FILES: usize = 400;

/// How long a saved text stays reachable for the browser that writes it, in real milliseconds.
const REVOKE_AFTER_MS: i32 = 20_000;

/// Why a file gave no text. The sentence for it is among the words of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is larger than what is accepted here.
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
        /// The largest size in bytes that is accepted.
        limit: u64,
    },
    /// Its bytes are not UTF-8, so it is no text, or one in an old encoding.
    NotText,
    /// The browser could not read it: it was moved, or its folder is forbidden.
    Refused,
    /// More files came than are taken at once; it was not looked at.
    TooMany,
}

/// A file's name, and its text where there is one.
pub type Text = (String, Result<String, Unreadable>);

/// Asks the person for files and calls back with all of them, in the browser's order; never when they change their mind.
/// `accept` is the browser's list of endings (`.json,application/json`), `limit` the largest size in bytes.
///
/// Has to be called while a click or a key is handled: browsers open no dialog otherwise.
pub fn choose(accept: &str, multiple: bool, limit: u64, done: impl FnOnce(Vec<Text>) + 'static) {
    // Without the window's document there is nobody to ask.
    let _ = open_dialog(accept, multiple, limit, done);
}

/// The mark of the field that is asking; a new question takes the place of one that was never answered.
const ASKING: &str = "chosen-files";

fn open_dialog(
    accept: &str,
    multiple: bool,
    limit: u64,
    done: impl FnOnce(Vec<Text>) + 'static,
) -> Option<()> {
    let document = web_sys::window()?.document()?;
    if let Some(earlier) = document.get_element_by_id(ASKING) {
        earlier.remove();
    }
    let input: HtmlInputElement = document.create_element("input").ok()?.dyn_into().ok()?;
    input.set_type("file");
    input.set_id(ASKING);
    input.set_accept(accept);
    input.set_multiple(multiple);
    input.set_hidden(true);
    document.body()?.append_child(&input).ok()?;
    let asked = input.clone();
    let on_change = Closure::once_into_js(move || {
        let files = list(asked.files());
        asked.remove();
        if !files.is_empty() {
            read_all(files, limit, done);
        }
    });
    input.set_onchange(Some(on_change.unchecked_ref()));
    input.click();
    Some(())
}

/// Hears files that are dropped anywhere on the page, until the listeners are dropped. Without it a browser would leave
/// the page and show the file.
pub fn dropped(limit: u64, on_files: impl Fn(Vec<Text>) + Clone + 'static) -> Vec<Listener> {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return Vec::new() };
    let target: EventTarget = document.into();
    let over = Listener::new(target.clone(), "dragover", |event| {
        if event.dyn_ref::<DragEvent>().is_some_and(carries_files) {
            event.prevent_default();
        }
    });
    let drop = Listener::new(target, "drop", move |event| {
        let Some(event) = event.dyn_ref::<DragEvent>().filter(|event| carries_files(event)) else { return };
        event.prevent_default();
        let files = list(event.data_transfer().and_then(|data| data.files()));
        if !files.is_empty() {
            read_all(files, limit, on_files.clone());
        }
    });
    vec![over, drop]
}

/// Text that is dragged within the page is none of our business.
fn carries_files(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|data| data.types());
    types.is_some_and(|types| types.iter().any(|kind| kind.as_string().as_deref() == Some("Files")))
}

fn list(files: Option<FileList>) -> Vec<File> {
    let Some(files) = files else { return Vec::new() };
    (0..files.length()).filter_map(|place| files.item(place)).collect()
}

fn read_all(files: Vec<File>, limit: u64, done: impl FnOnce(Vec<Text>) + 'static) {
    spawn_local(async move {
        let mut texts = Vec::with_capacity(files.len());
        for (place, file) in files.into_iter().enumerate() {
            let text = if place < MOST_FILES { read(&file, limit).await } else { Err(Unreadable::TooMany) };
            texts.push((file.name(), text));
        }
        done(texts);
    });
}

async fn read(file: &File, limit: u64) -> Result<String, Unreadable> {
    // A size is a whole number below 2⁵³.
    let bytes = file.size() as u64;
    if bytes > limit {
        return Err(Unreadable::TooLarge { bytes, limit });
    }
    let buffer: JsValue = file.array_buffer().await.map_err(|_| Unreadable::Refused)?;
    text_of(js_sys::Uint8Array::new(&buffer).to_vec())
}

/// The text of a file's bytes, without the mark that some editors put before it.
fn text_of(bytes: Vec<u8>) -> Result<String, Unreadable> {
    let text = String::from_utf8(bytes).map_err(|_| Unreadable::NotText)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Saves a text as a file, where the browser keeps what it downloads. `kind` is its media type, `application/json`.
pub fn save(name: &str, kind: &str, text: &str) {
    // A browser that refuses has said so itself; the text is still on the page.
    let _ = download(name, kind, text);
}

fn download(name: &str, kind: &str, text: &str) -> Option<()> {
    let window = web_sys::window()?;
    let document = window.document()?;
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    let address = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
    let link: Element = document.create_element("a").ok()?;
    link.set_attribute("href", &address).ok()?;
    link.set_attribute("download", name).ok()?;
    document.body()?.append_child(&link).ok()?;
    link.dyn_ref::<HtmlElement>()?.click();
    link.remove();
    // Some browsers read the text only after the click has been handled.
    let revoke = Closure::once_into_js(move || {
        // It was made above; an address that is gone already does no harm.
        let _ = web_sys::Url::revoke_object_url(&address);
    });
    window
        .set_timeout_with_callback_and_timeout_and_arguments_0(revoke.unchecked_ref(), REVOKE_AFTER_MS)
        .ok()?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utf_8_is_text_and_the_mark_before_it_is_dropped() {
        assert_eq!(text_of("\u{feff}位点".as_bytes().to_vec()), Ok("位点".to_owned()));
        assert_eq!(text_of(Vec::new()), Ok(String::new()));
        assert_eq!(text_of(vec![0xb5, 0xe3]), Err(Unreadable::NotText), "GBK");
    }
}
