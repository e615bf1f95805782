//! The permission function against a naive model written from Discord's published algorithm.

use proptest::prelude::*;

use super::{Overwrite, Permissions, Standing, Subject, in_channel, in_guild, in_thread};
use crate::{RoleId, UserId};

const BITS: [Permissions; 12] = [
    Permissions::CREATE_INVITE,
    Permissions::KICK_MEMBERS,
    Permissions::ADMINISTRATOR,
    Permissions::MANAGE_CHANNELS,
    Permissions::MANAGE_GUILD,
    Permissions::VIEW_CHANNEL,
    Permissions::SEND_MESSAGES,
    Permissions::MANAGE_MESSAGES,
    Permissions::READ_HISTORY,
    Permissions::MANAGE_THREADS,
    Permissions::CREATE_PUBLIC_THREADS,
    Permissions::SEND_MESSAGES_IN_THREADS,
];

/// Bit by bit, in the words of the reference: each step may only decide what a later step does not.
fn model(standing: &Standing, overwrites: &[Overwrite]) -> Permissions {
    let has = |wanted: Permissions| -> bool {
        let from_roles = std::iter::once(standing.everyone)
            .chain(standing.roles.iter().map(|(_, bits)| *bits))
            .any(|bits| bits.bits() & wanted.bits() != 0);
        let about = |subject: Subject| overwrites.iter().filter(move |o| o.subject == subject);
        let mut answer = from_roles;
        let layers: [Vec<&Overwrite>; 3] = [
            about(Subject::Role(standing.everyone_role)).collect(),
            standing.roles.iter().flat_map(|(id, _)| about(Subject::Role(*id))).collect(),
            about(Subject::Member(standing.user)).collect(),
        ];
        for layer in layers {
            if layer.iter().any(|o| o.deny.bits() & wanted.bits() != 0) {
                answer = false;
            }
            if layer.iter().any(|o| o.allow.bits() & wanted.bits() != 0) {
                answer = true;
            }
        }
        answer
    };
    let administrator = std::iter::once(standing.everyone)
        .chain(standing.roles.iter().map(|(_, bits)| *bits))
        .any(|bits| bits.contains(Permissions::ADMINISTRATOR));
    if standing.is_owner || administrator {
        return Permissions::ALL;
    }
    if !has(Permissions::VIEW_CHANNEL) {
        return Permissions::NONE;
    }
    BITS.iter().filter(|bit| has(**bit)).fold(Permissions::NONE, |sum, bit| sum | *bit)
}

fn some_bits() -> impl Strategy<Value = Permissions> {
    proptest::sample::subsequence(BITS.to_vec(), 0..=BITS.len())
        .prop_map(|bits| bits.into_iter().fold(Permissions::NONE, |sum, bit| sum | bit))
}

fn role(n: i64) -> RoleId {
    RoleId::from_trusted(n)
}

fn some_standing() -> impl Strategy<Value = Standing> {
    let roles = proptest::collection::btree_map(2..6_i64, some_bits(), 0..4);
    (proptest::bool::weighted(0.1), some_bits(), roles).prop_map(|(is_owner, everyone, roles)| Standing {
        user: UserId::from_trusted(100),
        is_owner,
        everyone_role: role(1),
        everyone,
        roles: roles.into_iter().map(|(id, bits)| (role(id), bits)).collect(),
    })
}

fn some_overwrites() -> impl Strategy<Value = Vec<Overwrite>> {
    let subject = prop_oneof![
        (1..7_i64).prop_map(|n| Subject::Role(role(n))),
        (99..102_i64).prop_map(|n| Subject::Member(UserId::from_trusted(n))),
    ];
    proptest::collection::vec(
        (subject, some_bits(), some_bits()).prop_map(|(subject, allow, deny)| Overwrite {
            subject,
            allow,
            deny,
        }),
        0..6,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_function_agrees_with_the_published_algorithm(standing in some_standing(), overwrites in some_overwrites()) {
        prop_assert_eq!(in_channel(Some(&standing), &overwrites), model(&standing, &overwrites));
    }

    #[test]
    fn a_thread_gives_what_its_channel_gives_but_for_writing_and_starting_threads(
        standing in some_standing(),
        overwrites in some_overwrites(),
    ) {
        let channel = in_channel(Some(&standing), &overwrites);
        let thread = in_thread(channel);
        for bit in BITS {
            let expected = match bit {
                Permissions::SEND_MESSAGES => channel.contains(Permissions::SEND_MESSAGES_IN_THREADS),
                Permissions::CREATE_PUBLIC_THREADS => false,
                same => channel.contains(same),
            };
            prop_assert_eq!(thread.contains(bit), expected, "{:?}", bit);
        }
    }

    #[test]
    fn a_channel_without_exceptions_gives_what_the_guild_gives(standing in some_standing()) {
        let guild = in_guild(Some(&standing));
        let channel = in_channel(Some(&standing), &[]);
        prop_assert!(channel == guild || (channel == Permissions::NONE && !guild.contains(Permissions::VIEW_CHANNEL)));
    }
}

#[test]
fn who_is_no_member_may_do_nothing() {
    let allow =
        Overwrite { subject: Subject::Role(role(1)), allow: Permissions::ALL, deny: Permissions::NONE };
    assert_eq!(in_guild(None), Permissions::NONE);
    assert_eq!(in_channel(None, &[allow]), Permissions::NONE);
}
