//! The rules of RocketMQ that the lab follows: the small button beside what they explain, and the dialog that it opens.

use lab_core::fidelity::{Rule, Text, by_id};
use yew::prelude::*;

use crate::session::Msg;
use crate::session::rules::RulesOf;
use crate::text::Texts;

/// The button; nothing where no rule is known.
pub(super) fn button(texts: &'static Texts, of: RulesOf, on: &Callback<Msg>) -> Html {
    let count = of.rules().len();
    if count == 0 {
        return Html::default();
    }
    let label = (texts.states.rules_of)(&about(texts, &of), count);
    let testid = format!("rules-{}", of.word());
    let on = on.clone();
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        on.emit(Msg::ShowRules(of.clone()));
    });
    html! {
        <button class="b small rules" data-testid={testid} aria-label={label.clone()} title={label} {onclick}>
            <span aria-hidden="true">{ "§ " }</span>{ (texts.states.rules)(count) }</button>
    }
}

/// What the rules are about, for people.
fn about(texts: &Texts, of: &RulesOf) -> String {
    match of {
        RulesOf::Fact(kind) => (texts.states.this_event)(kind),
        RulesOf::State(word) => (texts.states.part)(word).to_owned(),
        RulesOf::Mqadmin(command) => format!("mqadmin {command}"),
    }
}

/// The body of the dialog.
pub(super) fn body(texts: &Texts, of: &RulesOf) -> Html {
    html! {
        <>
            <p class="muted">{ (texts.states.rules_about)(&about(texts, of)) }</p>
            { for of.rules().into_iter().filter_map(by_id).map(|rule| one(texts, rule)) }
        </>
    }
}

/// Rules one below the other.
pub(super) fn list(texts: &Texts, rules: &[&'static Rule]) -> Html {
    html! { <>{ for rules.iter().map(|rule| one(texts, rule)) }</> }
}

fn one(texts: &Texts, rule: &Rule) -> Html {
    let words = texts.states;
    let said = |text: Text| (words.said)(text);
    let versions = [("V4", rule.four), ("V5", rule.five)];
    let checks: Vec<_> = rule.checks.iter().map(|check| (words.check)(*check)).collect();
    html! {
        <article class="rule" key={rule.id} data-testid="rule">
            <p>{ said(rule.statement) }</p>
            <table class="pairs"><tbody>
                { for versions.into_iter().filter_map(|(version, text)| Some(line(version, said(text?)))) }
                if !rule.classes.is_empty() { { line(words.classes, &rule.classes.join(", ")) } }
                { line(words.checked, &checks.join("; ")) }
                { for rule.simplified.map(|text| line(words.simplified, said(text))) }
            </tbody></table>
            <small class="muted mono">{ rule.id }</small>
        </article>
    }
}

fn line(name: &str, value: &str) -> Html {
    html! { <tr><th scope="row">{ name.to_owned() }</th><td>{ value.to_owned() }</td></tr> }
}
