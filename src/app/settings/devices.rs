//! `/settings/devices`: where somebody is signed in.

use leptos::prelude::*;
use protocol::entity::Device;

use super::frame::Section;
use super::listed::listed;
use super::user_frame::UserFrame;
use crate::api::accounts::{RevokeDevice, RevokeOtherDevices, devices};
use crate::app::controls::{FormAlert, Icon, Spinner, SubmitButton};
use crate::app::form::{Form, Submission};
use crate::app::pages::{Extra, about_none_of, take_extra};
use crate::app::store::StoreCtx;
use crate::app::view::view;
use crate::app::words::day;

/// The list, with a way to end each.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let first = match take_extra() {
        Extra::Devices(devices) => Some(devices),
        _ => None,
    };
    let revoke = Submission::of::<RevokeDevice>();
    let revoke_others = Submission::of::<RevokeOtherDevices>();
    let StoreCtx(store) = expect_context();
    let signed_in_or_out = store.devices.clone();
    let changes = move || (revoke.done().get(), revoke_others.done().get(), signed_in_or_out.get());
    let list = listed(first, changes, devices);
    view! {
        <UserFrame title="Devices">
            <Section
                id="s-devices"
                title="Where you are signed in"
                lead="A device you do not know? Sign it out and change your password."
            >
                <FormAlert error=about_none_of(revoke.refusal(), &[])/>
                {move || match list.get() {
                    None => view! { <p class="muted with-icon"><Spinner/>"Loading"</p> },
                    Some(Err(error)) => view! { <FormAlert error=Some(error.to_string())/> },
                    Some(Ok(devices)) => view! { <DeviceList devices revoke revoke_others/> },
                }}
            </Section>
        </UserFrame>
    }
}

#[component]
fn DeviceList(devices: Vec<Device>, revoke: Submission, revoke_others: Submission) -> impl IntoView {
    let others = devices.iter().any(|device| !device.is_current);
    view! {
        <ul>
            {devices.into_iter().map(|device| view! { <DeviceRow device revoke/> }).collect_view()}
        </ul>
        {others
            .then(|| {
                view! {
                    <Form to=revoke_others>
                        <SubmitButton class="button--danger-ghost" pending=revoke_others.pending()>
                            <Icon name="leave"/>
                            "Sign out all others"
                        </SubmitButton>
                    </Form>
                }
            })}
    }
}

#[component]
fn DeviceRow(device: Device, revoke: Submission) -> impl IntoView {
    let times = format!("Signed in on {}, last used on {}", day(device.created_at), day(device.last_used_at));
    let label = format!("Sign out {}", device.name);
    view! {
        <li class="setting-row">
            <p class="setting-row__title">
                <span class="with-icon">
                    {device.name}
                    {device.is_current.then(|| view! { <span class="tag tag--live">"This device"</span> })}
                </span>
            </p>
            <p class="setting-row__hint">{times}</p>
            {(!device.is_current)
                .then(|| {
                    view! {
                        <div class="setting-row__action">
                            <Form to=revoke>
                                <input type="hidden" name="session_id" value=device.id.to_string()/>
                                <SubmitButton class="button--small" label>"Sign out"</SubmitButton>
                            </Form>
                        </div>
                    }
                })}
        </li>
    }
}
