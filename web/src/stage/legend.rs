//! What the dots and marks mean, in one line.

use yew::prelude::*;

use super::StageProps;

/// The legend.
pub(super) fn legend(props: &StageProps) -> Html {
    let texts = props.texts;
    let on_wire = props.shown.view.flights.len();
    let tags = props.shown.tags.iter().take(6).map(|tag| {
        let colour = props.shown.tags.colour(Some(tag));
        html! {
            <span><i class="msg sample" style={format!("--c:{};--ink:{}", colour.fill, colour.ink)}>
                { tag.chars().next().unwrap_or('·') }</i>{ tag }</span>
        }
    });
    html! {
        <div class="legend" role="note" aria-label={texts.legend}>
            { for tags }
            <span><svg width="14" height="12" aria-hidden="true"><circle cx="7" cy="6" r="5" class="dot data" /></svg>{ texts.legend_request }</span>
            <span><svg width="14" height="12" aria-hidden="true"><path d="M7 0L13 6L7 12L1 6Z" class="dot data" /></svg>{ texts.legend_response }</span>
            <span><svg width="14" height="12" aria-hidden="true"><circle cx="7" cy="6" r="3.2" class="dot hollow" /></svg>{ texts.legend_control }</span>
            <span><i class="flag committed g0 sample"></i>{ texts.legend_committed }</span>
            <span><i class="flag pulled g0 sample"></i>{ texts.legend_pulled }</span>
            <span class="wire">{ (texts.on_the_wire)(on_wire) }</span>
        </div>
    }
}
