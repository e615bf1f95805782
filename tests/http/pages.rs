//! Every page, where it is, and what it is answered.

use crate::world::World;

/// A page, and the statuses for anonymous, signed out, stranger, kicked, member, owner.
pub(crate) struct Page {
    /// As the router lists it.
    pub(crate) route: &'static str,
    pub(crate) path: fn(&World) -> String,
    pub(crate) expected: [u16; 6],
}

const ANYBODY: [u16; 6] = [200; 6];
/// Who is not signed in is sent to do so.
const SIGNED_IN: [u16; 6] = [302, 302, 200, 200, 200, 200];
const MEMBERS: [u16; 6] = [302, 302, 404, 404, 200, 200];

pub(crate) const PAGES: [Page; 17] = [
    Page { route: "/", path: |_| "/".into(), expected: [302; 6] },
    Page { route: "/login", path: |_| "/login".into(), expected: ANYBODY },
    Page { route: "/register", path: |_| "/register".into(), expected: ANYBODY },
    Page { route: "/invite/{code}", path: |w| format!("/invite/{}", w.invite_code), expected: ANYBODY },
    Page { route: "/channels/@me/new", path: |_| "/channels/@me/new".into(), expected: SIGNED_IN },
    Page {
        route: "/channels/{*place}",
        path: |w| format!("/channels/{}/{}", w.guild, w.channel),
        expected: MEMBERS,
    },
    Page { route: "/servers/new", path: |_| "/servers/new".into(), expected: SIGNED_IN },
    Page {
        route: "/servers/{guild}/channels/new",
        path: |w| format!("/servers/{}/channels/new", w.guild),
        expected: MEMBERS,
    },
    Page {
        route: "/servers/{guild}/threads/new",
        path: |w| {
            format!("/servers/{}/threads/new?channel={}&message={}", w.guild, w.channel, w.owners_message)
        },
        expected: MEMBERS,
    },
    Page {
        route: "/servers/{guild}/invite",
        path: |w| format!("/servers/{}/invite", w.guild),
        expected: MEMBERS,
    },
    Page {
        route: "/servers/{guild}/members/{user}",
        path: |w| format!("/servers/{}/members/{}", w.guild, w.member_id),
        expected: MEMBERS,
    },
    Page {
        route: "/servers/{guild}/settings",
        path: |w| format!("/servers/{}/settings", w.guild),
        expected: MEMBERS,
    },
    Page {
        route: "/servers/{guild}/settings/channels",
        path: |w| format!("/servers/{}/settings/channels", w.guild),
        expected: MEMBERS,
    },
    Page {
        route: "/servers/{guild}/settings/invites",
        path: |w| format!("/servers/{}/settings/invites", w.guild),
        expected: MEMBERS,
    },
    Page { route: "/settings", path: |_| "/settings".into(), expected: SIGNED_IN },
    Page { route: "/settings/devices", path: |_| "/settings/devices".into(), expected: SIGNED_IN },
    Page { route: "/settings/appearance", path: |_| "/settings/appearance".into(), expected: SIGNED_IN },
];
