//! The ways between nodes that have a connection, and the barriers on them.

use std::collections::BTreeSet;

use lab_core::id::NodeId;
use lab_core::view::BarrierView;
use yew::prelude::*;

use super::StageProps;
use crate::geometry::Column;

/// All ways, as one picture under the cards.
pub(super) fn edges(props: &StageProps) -> Html {
    let layout = &props.shown.layout;
    let mut pairs: BTreeSet<(&NodeId, &NodeId)> = BTreeSet::new();
    for node in props.shown.nodes() {
        for peer in &node.connections {
            pairs.insert(if node.id <= *peer { (&node.id, peer) } else { (peer, &node.id) });
        }
    }
    let is_cell = |node: &NodeId| {
        layout
            .places
            .get(node)
            .is_some_and(|place| place.column == Column::RegistryClient && place.rect.h < 24.0)
    };
    let way = |(from, to): &(&NodeId, &NodeId)| {
        // Of a hundred clients the colour says where each is connected.
        if is_cell(from) || is_cell(to) {
            return None;
        }
        let columns = [layout.places.get(*from)?.column, layout.places.get(*to)?.column];
        let class = class_of(columns);
        let path = layout.curve(from, to, None)?.path();
        Some(html! { <path key={format!("{from} {to}")} class={classes!("way", class)} d={path} /> })
    };
    let size = (layout.width.to_string(), layout.height.max(240.0).to_string());
    html! {
        <svg class="edges" width={size.0} height={size.1} aria-hidden="true">
            { for pairs.iter().filter_map(way) }
        </svg>
    }
}

/// The barriers, as a picture over the cards.
pub(super) fn barrier_marks(props: &StageProps) -> Html {
    let all = &props.shown.view.barriers;
    if all.is_empty() {
        return Html::default();
    }
    let layout = &props.shown.layout;
    let size = (layout.width.to_string(), layout.height.max(240.0).to_string());
    html! {
        <svg class="edges above" width={size.0} height={size.1} aria-hidden="true">
            { for barriers(all).into_iter().map(|it| barrier(props, it)) }
        </svg>
    }
}

fn class_of(columns: [Column; 2]) -> &'static str {
    if columns.contains(&Column::Registry) {
        "to-consumer"
    } else if columns.contains(&Column::NameServer) || columns.contains(&Column::Controller) {
        "to-ns"
    } else if columns.contains(&Column::Producer) {
        "to-producer"
    } else if columns.contains(&Column::Consumer) {
        "to-consumer"
    } else {
        "to-slave"
    }
}

/// A barrier, with the other direction taken in when both have one.
struct Both<'a> {
    view: &'a BarrierView,
    two_way: bool,
    waiting: usize,
}

fn barriers(all: &[BarrierView]) -> Vec<Both<'_>> {
    let mut found: Vec<Both<'_>> = Vec::new();
    for view in all {
        let same = |it: &&mut Both<'_>| {
            it.view.from == view.to && it.view.to == view.from && it.view.barrier == view.barrier
        };
        match found.iter_mut().find(same) {
            Some(both) => {
                both.two_way = true;
                both.waiting += view.waiting;
            }
            None => found.push(Both { view, two_way: false, waiting: view.waiting }),
        }
    }
    found
}

fn barrier(props: &StageProps, both: Both<'_>) -> Html {
    let view = both.view;
    let Some(curve) = props.shown.layout.curve(&view.from, &view.to, None) else { return Html::default() };
    let (x, y) = curve.at(0.5);
    let arrow = if both.two_way { "↔" } else { "→" };
    let text = (props.texts.barrier)(&view.barrier, both.waiting);
    let text = format!("{arrow} {text}");
    let cross = if view.barrier == "cut" { "M-6 -6L6 6M6 -6L-6 6" } else { "M-3 -7V7M3 -7V7" };
    html! {
        <g key={format!("{} {} {}", view.from, view.to, view.barrier)} class="barrier">
            <path class="way broken" d={curve.path()} />
            <g transform={format!("translate({x:.0},{y:.0})")}>
                <circle r="10" /><path d={cross} />
                <text y="23">{ text }</text>
            </g>
        </g>
    }
}
