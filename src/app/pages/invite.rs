//! `/invite/:code`: what is this place, who invites, one button. Works signed out.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use protocol::entity::{InvitePreview, hue_of};

use super::frame::Brand;
use super::login::with_next;
use super::refusals::about_none_of;
use crate::api::invites::{Join, preview_invite};
use crate::api::{Answer, Refusal, once};
use crate::app::controls::{Avatar, AvatarSize, EmptyState, FormAlert, Icon, SubmitButton};
use crate::app::form::{Form, Submission};
use crate::app::view::view;
use crate::app::words::day;

/// The invite in the address.
#[component]
pub fn InvitePage() -> impl IntoView {
    let params = use_params_map();
    let code = move || params.read().get("code").unwrap_or_default();
    let preview = once(preview_invite(untrack(code)));
    // Going back from one invite to another keeps this page, which is about the one it began with.
    Effect::new(move |before: Option<String>| {
        let code = code();
        if before.is_some_and(|before| before != code) {
            // Fails only while the page is being left anyway.
            _ = location().reload();
        }
        code
    });
    view! {
        <div class="page invite">
            <header class="invite__bar"><Brand/></header>
            <Suspense>
                {move || Suspend::new(async move {
                    let preview: Answer<InvitePreview> = preview.await;
                    match preview {
                        Ok(preview) => view! { <Card preview/> },
                        Err(Refusal(error)) => view! { <Gone text=error.to_string()/> },
                    }
                })}
            </Suspense>
        </div>
    }
}

#[component]
fn Gone(text: String) -> impl IntoView {
    view! {
        <Title text="Invite"/>
        <main id="conversation" tabindex="-1">
            <h1 class="visually-hidden">"Invite"</h1>
            <EmptyState icon="link" title=text text="Ask whoever sent it for a new one.">
                <a class="button" href="/">"Go home"</a>
            </EmptyState>
        </main>
    }
}

#[component]
fn Card(preview: InvitePreview) -> impl IntoView {
    let hue = hue_of(preview.guild_id.get());
    let members = if preview.member_count == 1 { " member" } else { " members" };
    view! {
        <Title text=format!("Join {}", preview.guild_name)/>
        <main class="invite__card" id="conversation" tabindex="-1">
            <div class="invite__banner invite__banner--hue" data-hue=hue.to_string()></div>
            <div class="invite__body">
                <div class="invite__icon-place">
                    <Avatar name=preview.guild_name.clone() hue size=AvatarSize::Large place=true/>
                </div>
                <div>
                    <p class="invite__by"><span><b dir="auto">{preview.inviter.clone()}</b>" invites you to"</span></p>
                    <h1 class="invite__title" dir="auto">{preview.guild_name.clone()}</h1>
                </div>
                <ul class="invite__facts">
                    <li>
                        <Icon name="users" class="icon--small"/>
                        <span><b>{preview.member_count}</b>{members}</span>
                    </li>
                </ul>
                <WayIn preview=preview.clone()/>
                {validity(&preview).map(|text| view! { <p class="muted">{text}</p> })}
            </div>
        </main>
    }
}

/// What can be done with the invite by whoever is looking.
#[component]
fn WayIn(preview: InvitePreview) -> impl IntoView {
    let name = preview.guild_name;
    if preview.is_member {
        return view! {
            <a class="button button--primary button--large button--block" href=format!("/channels/{}", preview.guild_id)>
                {format!("Open {name}")}
            </a>
        };
    }
    if !preview.signed_in {
        let here = format!("/invite/{}", preview.code);
        return view! {
            <div class="auth__providers">
                <a class="button button--primary button--large" href=with_next("/register", &here)>"Create an account"</a>
                <a class="button button--outline button--large" href=with_next("/login", &here)>"Sign in"</a>
            </div>
            <p class="muted">"Both bring you back here."</p>
        };
    }
    let join = Submission::of::<Join>();
    view! {
        <Form to=join>
            <input type="hidden" name="code" value=preview.code/>
            <div class="auth__fields">
                <FormAlert error=about_none_of(join.refusal(), &[])/>
                <SubmitButton class="button--primary button--large button--block" pending=join.pending()>
                    {format!("Join {name}")}
                </SubmitButton>
            </div>
        </Form>
    }
}

/// Until when and for how many the invite works; nothing when it is without limits.
fn validity(preview: &InvitePreview) -> Option<String> {
    let until = preview.expires_at.map(|time| format!("until {}", day(time)));
    let left = preview.uses_left.map(|left| match left {
        1 => "for one more person".to_owned(),
        left => format!("for {left} more people"),
    });
    let limits: Vec<String> = until.into_iter().chain(left).collect();
    (!limits.is_empty()).then(|| format!("This invite works {}.", limits.join(", ")))
}
