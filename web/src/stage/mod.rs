//! The stage: the cluster as cards, lanes and ways, with a canvas over it for what flies.
//!
//! Everything here is drawn from [`Shown`]; nothing is measured and no state is kept.

mod brokers;
pub mod canvas;
mod card;
mod clients;
mod controllers;
mod edges;
mod kafka;
mod lane;
mod legend;
mod menu;
mod name_servers;
mod registries;
mod replicas;

use std::rc::Rc;

use lab_core::id::NodeId;
use yew::prelude::*;

use crate::labs::LabId;
use crate::session::actions::Action;
use crate::session::forms::FormKind;
use crate::session::{Msg, Selection, Shown};
use crate::text::Texts;

pub use menu::action_buttons;

/// What every part of the stage is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct StageProps {
    /// The moment to draw.
    pub shown: Rc<Shown>,
    /// The words.
    pub texts: &'static Texts,
    /// What is selected.
    pub selection: Option<Selection>,
    /// The node whose menu is open, and what can be done to it.
    pub menu: Option<(NodeId, Rc<[Action]>)>,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
    /// The element whose size the stage has.
    pub frame: NodeRef,
    /// The canvas.
    pub canvas: NodeRef,
    /// What stands above it, where there are two stages.
    #[prop_or_default]
    pub caption: Option<Html>,
    /// Whether it is the run beside, which is only looked at.
    #[prop_or_default]
    pub is_beside: bool,
}

impl StageProps {
    /// Whether a node is selected.
    pub(crate) fn selects(&self, node: &NodeId) -> bool {
        self.selection.as_ref().is_some_and(|it| matches!(it, Selection::Node(id) if id == node))
    }

    /// A callback that sends always the same message.
    pub(crate) fn send(&self, msg: Msg) -> Callback<MouseEvent> {
        let on = self.on.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            on.emit(msg.clone());
        })
    }
}

/// The stage.
#[component]
pub fn Stage(props: &StageProps) -> Html {
    let shown = &props.shown;
    let texts = props.texts;
    let layout = &shown.layout;
    let (width, height, zoom) = (layout.width, layout.height.max(240.0), layout.zoom);
    // Drawn smaller, what is inside keeps its size for the browser; the outer element has the size that is seen.
    let seen = format!("height:{:.0}px", (height * zoom).floor());
    let size = if zoom < 1.0 {
        format!("width:{width:.1}px;height:{height:.0}px;transform:scale({zoom:.4})")
    } else {
        format!("height:{height:.0}px")
    };
    let empty = shown.nodes().next().is_none();
    html! {
        <section class="stage" aria-label={texts.stage} onclick={close_menu(props)}>
            if let Some(caption) = &props.caption { <p class="stage-caption">{ caption.clone() }</p> }
            if !props.is_beside {
                <div class="stage-bar">
                    <button class="b primary-soft" data-testid="add" onclick={props.send(Msg::OpenForm(FormKind::AddNameServer))}>
                        <span aria-hidden="true">{ "＋ " }</span>{ texts.add }
                    </button>
                    { legend::legend(props) }
                </div>
            }
            <div class="stage-scroll" ref={props.frame.clone()}><div style={seen}>
                <div class="stage-inner" style={size}>
                    { edges::edges(props) }
                    { for shown.view.name_servers.iter().map(|it| name_servers::card(props, it)) }
                    { controllers::cards(props) }
                    { clients::labels(props) }
                    { for shown.view.producers.iter().map(|it| clients::producer(props, it)) }
                    { brokers::cards(props) }
                    { for shown.view.consumers.iter().map(|it| clients::consumer(props, it)) }
                    { registries::registries(props) }
                    { kafka::cards(props) }
                    { edges::barrier_marks(props) }
                    if empty { { welcome(props) } }
                    <canvas class="flights" aria-hidden="true" ref={props.canvas.clone()} />
                </div>
            </div></div>
        </section>
    }
}

fn welcome(props: &StageProps) -> Html {
    let texts = props.texts;
    let hint = if props.shown.id == LabId::Sandbox { texts.sandbox_empty } else { texts.stage_empty };
    html! {
        <div class="welcome">
            <p>{ hint }</p>
            <p class="row">
                { for [FormKind::AddNameServer, FormKind::AddBroker, FormKind::AddTopic, FormKind::AddProducer, FormKind::AddConsumer]
                    .into_iter()
                    .map(|kind| html! {
                        <button class="b" onclick={props.send(Msg::OpenForm(kind.clone()))}>{ (texts.form)(&kind) }</button>
                    }) }
            </p>
        </div>
    }
}

/// A click beside everything closes the menu.
fn close_menu(props: &StageProps) -> Option<Callback<MouseEvent>> {
    props.menu.as_ref()?;
    let on = props.on.clone();
    Some(Callback::from(move |_| on.emit(Msg::CloseMenu)))
}
