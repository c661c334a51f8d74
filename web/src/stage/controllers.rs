//! Cards of controllers that are processes of their own: who leads, and how many broker names they keep.

use lab_core::view::{ControllerView, View};
use yew::prelude::*;

use super::StageProps;
use super::card::{head, select, status_class};
use super::menu::popover;
use crate::geometry::own_controllers;
use crate::text::Texts;

/// All cards.
pub(super) fn cards(props: &StageProps) -> Html {
    html! { <>{ for own_controllers(&props.shown.view).map(|it| card(props, it)) }</> }
}

fn card(props: &StageProps, controller: &ControllerView) -> Html {
    let node = &controller.node;
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    let title = role(&props.shown.view, controller, props.texts);
    let text = short_role(controller, props.texts);
    let testid = format!("controller-role-{}", node.id);
    html! {
        <div key={node.id.to_string()} class={classes!("card", "ns", "controller", status_class(node.status), props.selects(&node.id).then_some("selected"))}
            style={place.rect.style()} data-testid={format!("node-{}", node.id)} onclick={select(props, node)}>
            { head(props, node, Html::default()) }
            <div class="line" title={title.clone()} data-testid={testid}>
                <span aria-hidden="true">{ text }</span><span class="hidden">{ title }</span>
            </div>
            { popover(props, node) }
        </div>
    }
}

/// What it is in its group, as short as its card needs it.
fn short_role(controller: &ControllerView, texts: &Texts) -> String {
    controller.member.as_ref().map_or_else(
        || texts.states.controller.controller.to_owned(),
        |member| (texts.replicas.member)(member.role, member.term),
    )
}

/// What it is in its group, in words.
fn role(view: &View, controller: &ControllerView, texts: &Texts) -> String {
    let Some(member) = &controller.member else { return texts.states.controller.controller.to_owned() };
    let of_leader = |other: &&ControllerView| other.member.as_ref().map(|it| it.id) == member.leader;
    let leader = member.leader.and_then(|_| view.controllers.iter().find(of_leader));
    let leader = leader.map(|leader| leader.node.id.as_str());
    texts.replicas.controller(member.role, member.term, leader)
}

#[cfg(test)]
mod tests {
    use lab_core::lab::Lab;
    use lab_core::time::Instant;

    use super::*;
    use crate::text::Lang;

    #[test]
    fn one_of_three_controllers_leads_and_the_others_follow_it() {
        let peers = "n0-127.0.0.1:9878;n1-127.0.0.1:9888;n2-127.0.0.1:9898";
        let controller = |place| {
            format!("controller c{place} controllerDLegerPeers={peers} controllerDLegerSelfId=n{place}\n")
        };
        let lines: String = (0..3).map(controller).collect();
        let recording = format!("lab profile=V5 seed=1\nname-server n\n{lines}");
        let mut lab = Lab::new(recording.parse().expect("a recording"));
        lab.run_until(Instant::from_millis(30_000));
        let view = lab.view(0);
        let roles = |lang: Lang| -> Vec<String> {
            view.controllers.iter().map(|it| role(&view, it, lang.texts())).collect()
        };
        let english = roles(Lang::En);
        assert_eq!(english.iter().filter(|role| role.starts_with("leads · term ")).count(), 1, "{english:?}");
        assert_eq!(english.iter().filter(|role| role.starts_with("follows c")).count(), 2, "{english:?}");
        assert_eq!(roles(Lang::Zh).iter().filter(|role| role.starts_with("跟随 c")).count(), 2);
        let short = |role: &str| {
            view.controllers.iter().filter(|it| short_role(it, Lang::En.texts()).starts_with(role)).count()
        };
        assert_eq!((short("leader · term "), short("follower · term ")), (1, 2));
    }
}
