//! What a person sees when the page itself breaks: a plain panel with all that a bug report needs.

use std::cell::RefCell;
use std::panic::PanicHookInfo;

use web_sys::Element;

thread_local! {
    static RECORDING: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the recording at hand, because the state cannot be asked any more once it broke.
pub fn remember(recording: &str) {
    RECORDING.with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut() {
            recording.clone_into(&mut slot);
        }
    });
}

/// Installs the panel.
pub fn install() {
    yew::set_custom_panic_hook(Box::new(|info| {
        let report = report(info);
        web_sys::console::error_1(&report.as_str().into());
        // Nothing is left that could be done when even this fails; the console has the message.
        let _ = show(&report);
    }));
}

fn report(info: &PanicHookInfo<'_>) -> String {
    let recording = RECORDING.with(|slot| slot.try_borrow().map(|text| text.clone()).unwrap_or_default());
    format!("{info}\n\n{recording}")
}

fn show(report: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let make = |tag: &str, text: &str| -> Option<Element> {
        let element = document.create_element(tag).ok()?;
        element.set_text_content(Some(text));
        Some(element)
    };
    let panel = make("section", "")?;
    panel.set_attribute("class", "crash").ok()?;
    panel.set_attribute("role", "alert").ok()?;
    panel.set_attribute("data-testid", "crash").ok()?;
    let parts = [
        make("h2", "RocketMQ Lab broke · 页面出错了")?,
        make(
            "p",
            "This is a bug of the page. Please report it with the text below: it is all it takes to repeat the run. \
             这是页面自身的缺陷，请把下面的文字附在问题报告中，凭它即可重现本次运行。",
        )?,
        make("pre", report)?,
    ];
    for part in parts {
        panel.append_child(&part).ok()?;
    }
    document.body()?.append_child(&panel).ok()?;
    Some(())
}
