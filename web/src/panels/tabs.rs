//! The tabs below the timeline: console or events.

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::session::{Msg, Panel, Region};
use crate::text::Texts;

/// What the tabs are drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct TabsProps {
    /// The words.
    pub texts: &'static Texts,
    /// The chosen panel.
    pub panel: Panel,
    /// Whether only the tabs are drawn.
    pub folded: bool,
    /// What stands beside the tabs.
    #[prop_or_default]
    pub children: Html,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// The tabs. One of them takes part in the order of Tab; the arrow keys lead to the other.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let texts = props.texts;
    let refs = [use_node_ref(), use_node_ref()];
    let on = props.on.clone();
    let fold = Callback::from(move |_: MouseEvent| on.emit(Msg::Fold(Region::Panels)));
    let (on, elements, chosen) = (props.on.clone(), refs.clone(), props.panel);
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if !matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight") {
            return;
        }
        event.prevent_default();
        for (panel, element) in Panel::ALL.into_iter().zip(&elements) {
            if panel != chosen {
                on.emit(Msg::ShowPanel(panel));
                if let Some(element) = element.cast::<HtmlElement>() {
                    // A tab that cannot take the focus is chosen all the same.
                    let _ = element.focus();
                }
            }
        }
    });
    let tab = |(panel, element): (Panel, NodeRef)| {
        let on = props.on.clone();
        let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::ShowPanel(panel)));
        let is_chosen = panel == props.panel;
        html! {
            <button ref={element} class="tab" role="tab" id={format!("tab-{}", panel.word())} data-testid={format!("tab-{}", panel.word())}
                aria-selected={is_chosen.to_string()} aria-controls={(!props.folded).then_some("panel")} tabindex={if is_chosen { "0" } else { "-1" }} {onclick}>
                { label(texts, panel) }</button>
        }
    };
    html! {
        <div class="filters">
            <div class="tablist" role="tablist" aria-label={texts.panels} {onkeydown}>
                { for Panel::ALL.into_iter().zip(refs).map(tab) }
            </div>
            <button class="fold" data-testid="fold-panels" aria-expanded={(!props.folded).to_string()} aria-label={texts.fold_panels} title={texts.fold_panels} onclick={fold}>
                <span aria-hidden="true">{ if props.folded { "▴" } else { "▾" } }</span></button>
            { props.children.clone() }
        </div>
    }
}

fn label(texts: &Texts, panel: Panel) -> &'static str {
    match panel {
        Panel::Console => texts.console.title,
        Panel::Events => texts.events,
    }
}
