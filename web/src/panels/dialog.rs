//! Dialogs: a question before commands are discarded, forms, explanations.
//!
//! They are `dialog` elements shown as modal, so the browser itself keeps the focus inside and closes on Esc.

use lab_core::command::CommandError;
use lab_core::config::Profile;
use web_sys::{HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::lesson::workshop;
use super::versions::VersionsOfRun;
use super::{console_help, refusal, rules, versions};
use crate::session::forms::{Field, FieldName, Form, FormGroup, FormKind, Input};
use crate::session::{Dialog, Msg};
use crate::text::Texts;

/// What the dialog is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct ModalProps {
    /// The words.
    pub texts: &'static Texts,
    /// The version of the cluster.
    pub profile: Profile,
    /// The dialog.
    pub dialog: Dialog,
    /// The lines for `mqadmin` that do the same to a real cluster as the open form.
    pub on_real_cluster: Vec<String>,
    /// What the dialog about the versions needs of the run.
    pub versions: Option<VersionsOfRun>,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// The open dialog.
#[component]
pub fn Modal(props: &ModalProps) -> Html {
    let element = use_node_ref();
    {
        let element = element.clone();
        use_effect_with((), move |()| {
            let dialog = element.cast::<HtmlDialogElement>();
            // Only fails when the element is not in the document or already open, and it is neither.
            if let Some(dialog) = &dialog
                && !dialog.open()
            {
                let _ = dialog.show_modal();
                focus_first(dialog);
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        });
    }
    let on = props.on.clone();
    let oncancel = Callback::from(move |event: Event| {
        event.prevent_default();
        on.emit(Msg::CloseDialog);
    });
    let (title, body) = match &props.dialog {
        Dialog::Discard { command, later } => discard(props, &command.to_string(), *later),
        Dialog::Form { form, problem } => fill_in(props, form, problem.as_ref()),
        Dialog::Leave(_) => leave(props),
        Dialog::Help => help(props),
        Dialog::Console => console(props),
        Dialog::Rules(of) => {
            let body = html! { <>{ rules::body(props.texts, of) }{ close_row(props) }</> };
            (props.texts.states.rules_title.to_owned(), body)
        }
        Dialog::Versions => differences(props),
        Dialog::Workshop(of) => {
            let body = html! { <>{ workshop::body(props.texts, of, &props.on) }{ close_row(props) }</> };
            (props.texts.lesson.workshop.to_owned(), body)
        }
    };
    // A long explanation is read from its beginning, so that is where the focus goes.
    let is_wide =
        matches!(props.dialog, Dialog::Console | Dialog::Versions | Dialog::Rules(_) | Dialog::Workshop(_));
    html! {
        <dialog ref={element} class={classes!("modal", is_wide.then_some("wide"))} aria-labelledby="dialog-title" data-testid="dialog" {oncancel}>
            <h2 id="dialog-title" tabindex={is_wide.then_some("-1")} data-first={is_wide.then_some("")}>{ title }</h2>
            { body }
        </dialog>
    }
}

fn focus_first(dialog: &HtmlDialogElement) {
    let first = dialog.query_selector("[data-first]").ok().flatten();
    if let Some(element) = first.and_then(|it| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(it).ok()) {
        // A field that cannot take the focus leaves it where the browser put it.
        let _ = element.focus();
    }
}

fn send(props: &ModalProps, msg: Msg) -> Callback<MouseEvent> {
    let on = props.on.clone();
    Callback::from(move |_: MouseEvent| on.emit(msg.clone()))
}

fn discard(props: &ModalProps, line: &str, later: usize) -> (String, Html) {
    let texts = props.texts;
    let body = html! {
        <>
            <p>{ texts.discard_why }</p>
            <p><code>{ line }</code></p>
            <p class="row end">
                <button class="b" data-first="" data-testid="dialog-cancel" onclick={send(props, Msg::CloseDialog)}>{ texts.cancel }</button>
                <button class="b danger" data-testid="dialog-confirm" onclick={send(props, Msg::Confirm)}>{ texts.discard_do }</button>
            </p>
        </>
    };
    ((texts.discard_title)(later), body)
}

fn leave(props: &ModalProps) -> (String, Html) {
    let texts = props.texts;
    let body = html! {
        <>
            <p>{ texts.leave_why }</p>
            <p class="row end">
                <button class="b" data-first="" data-testid="dialog-cancel" onclick={send(props, Msg::CloseDialog)}>{ texts.cancel }</button>
                <button class="b danger" data-testid="dialog-confirm" onclick={send(props, Msg::Confirm)}>{ texts.leave_do }</button>
            </p>
        </>
    };
    (texts.leave_title.to_owned(), body)
}

fn fill_in(props: &ModalProps, form: &Form, problem: Option<&CommandError>) -> (String, Html) {
    let texts = props.texts;
    let on = props.on.clone();
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        on.emit(Msg::SubmitForm);
    });
    let group = form.kind.group();
    let adds = group.is_some();
    // What acts on a node may have it first, and it is known already.
    let is_known = |field: &Field| !adds && matches!(field.name, FieldName::Node | FieldName::OnBroker);
    let first = form.fields.iter().position(|field| !is_known(field)).unwrap_or(0);
    let fields = |is_more| {
        let places = form.fields.iter().enumerate().filter(move |(_, field)| field.is_more == is_more);
        places.map(|(place, it)| field(props, place, it, place == first))
    };
    let body = html! {
        <form {onsubmit}>
            if let Some(group) = group { { kinds(props, form, group) } }
            <div class="fields" key={form.kind.word()}>
                { for fields(false) }
            </div>
            if form.fields.iter().any(|field| field.is_more) {
                <details class="fields-more">
                    <summary data-testid="more-options">{ texts.states.more_options }</summary>
                    <div class="fields">{ for fields(true) }</div>
                </details>
            }
            <p class="issues"><span class="muted">{ texts.issues }</span><code data-testid="form-line">{ form.line() }</code></p>
            if !props.on_real_cluster.is_empty() {
                <p class="issues"><span class="muted">{ texts.console.on_real_cluster }</span>
                    <span class="lines" data-testid="form-mqadmin">{ for props.on_real_cluster.iter().map(|line| html! { <code>{ line }</code> }) }</span></p>
            }
            <div class="error" role="alert">
                if let Some(problem) = problem { <b>{ texts.refused }</b>{ " " }{ refusal(texts, problem) } }
            </div>
            <p class="row end">
                <button type="button" class="b" data-testid="dialog-cancel" onclick={send(props, Msg::CloseDialog)}>{ texts.cancel }</button>
                <button type="submit" class="b primary" data-testid="form-submit">{ texts.run }</button>
            </p>
        </form>
    };
    let title = if adds { texts.add_title.to_owned() } else { (texts.form)(&form.kind).to_owned() };
    (title, body)
}

/// What can be added: the groups, and the kinds of the chosen one.
fn kinds(props: &ModalProps, form: &Form, chosen: FormGroup) -> Html {
    let texts = props.texts;
    let tab = |word: &str, name: &'static str, kind: &FormKind, is_chosen: bool| {
        html! {
            <button type="button" class="tab" key={word.to_owned()} aria-pressed={is_chosen.to_string()} data-testid={format!("form-{word}")}
                onclick={send(props, Msg::OpenForm(kind.clone()))}>{ name }</button>
        }
    };
    let groups = FormGroup::ALL.into_iter().map(|group| {
        tab(&format!("group-{}", group.word()), group_name(texts, group), &group.kinds()[0], group == chosen)
    });
    let kinds =
        chosen.kinds().iter().map(|kind| tab(kind.word(), (texts.form)(kind), kind, *kind == form.kind));
    html! {
        <>
            <div class="kinds groups" role="group" aria-label={texts.add}>{ for groups }</div>
            <div class="kinds" role="group" aria-label={group_name(texts, chosen)}>{ for kinds }</div>
        </>
    }
}

const fn group_name(texts: &Texts, group: FormGroup) -> &'static str {
    match group {
        FormGroup::RocketMq => "RocketMQ",
        FormGroup::Registries => texts.registries.registries,
        FormGroup::Kafka => texts.kafka.group,
    }
}

fn field(props: &ModalProps, place: usize, field: &Field, first: bool) -> Html {
    let texts = props.texts;
    let on = props.on.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            on.emit(Msg::EditField(place, input.value()));
        }
    });
    let on = props.on.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            on.emit(Msg::EditField(place, select.value()));
        }
    });
    let label = (texts.field)(field.name);
    let first = first.then_some("");
    let testid = format!("field-{:?}", field.name).to_lowercase();
    let control = match &field.input {
        Input::Text => html! {
            <input type="text" class="mono" data-first={first} data-testid={testid} autocomplete="off" spellcheck="false"
                value={field.value.clone()} placeholder={(texts.field_hint)(field.name)} {oninput} />
        },
        Input::Choice(choices) => html! {
            <select data-first={first} data-testid={testid} {onchange}>
                { for choices.iter().map(|choice| html! {
                    <option value={choice.clone()} selected={*choice == field.value}>{ choice_label(texts, choice) }</option> }) }
            </select>
        },
    };
    // A line of a tool has several words.
    let class = (field.name == FieldName::ToolLine).then_some("long");
    html! { <label {class}><span>{ label }</span>{ control }</label> }
}

fn choice_label(texts: &Texts, choice: &str) -> String {
    match choice {
        "" => "–".to_owned(),
        crate::session::forms::YES => texts.yes.to_owned(),
        crate::session::forms::NO => texts.no.to_owned(),
        _ => choice.to_owned(),
    }
}

fn help(props: &ModalProps) -> (String, Html) {
    let texts = props.texts;
    let keys = [
        (texts.key_space, texts.key_play),
        ("←", texts.step_back_title),
        ("→", texts.step_title),
        ("Home", texts.to_start),
        ("Esc", texts.key_close),
    ];
    let body = html! {
        <>
            <table class="keys"><tbody>
                { for keys.into_iter().map(|(key, what)| html! { <tr><th><kbd>{ key }</kbd></th><td>{ what }</td></tr> }) }
            </tbody></table>
            <p class="muted">{ texts.keys_note }</p>
            { close_row(props) }
        </>
    };
    (texts.keys.to_owned(), body)
}

fn console(props: &ModalProps) -> (String, Html) {
    let body =
        html! { <>{ console_help::body(props.texts, props.profile, &props.on) }{ close_row(props) }</> };
    (props.texts.console.help.to_owned(), body)
}

fn differences(props: &ModalProps) -> (String, Html) {
    let run = props.versions.as_ref();
    let body = html! {
        <>
            if let Some(run) = run { { versions::switch(props.texts, run, &props.on) } }
            { versions::table(props.texts, run, &props.on) }
            { close_row(props) }
        </>
    };
    (props.texts.versions.title.to_owned(), body)
}

/// The row of a dialog that only tells something.
fn close_row(props: &ModalProps) -> Html {
    html! { <p class="row end"><button class="b" data-first="" data-testid="dialog-cancel" onclick={send(props, Msg::CloseDialog)}>{ props.texts.close }</button></p> }
}
