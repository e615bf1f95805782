//! How many sockets one person and one address may hold at the same time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Mutex;

use protocol::UserId;

use super::{Hub, locked};

/// How many of each.
#[derive(Debug, Clone, Copy)]
pub struct SeatLimits {
    /// Sockets of one person.
    pub per_user: u32,
    /// Sockets from one address.
    pub per_address: u32,
}

#[derive(Debug, Default)]
struct Taken {
    by_user: HashMap<UserId, u32>,
    by_address: HashMap<IpAddr, u32>,
}

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Seats(Mutex<Taken>);

/// One socket's place. Free again when this is dropped.
#[derive(Debug)]
pub struct Seat {
    hub: Hub,
    user: UserId,
    address: IpAddr,
}

impl Hub {
    /// A place for one more socket, or none when the person or the address has as many as they may. `address` is
    /// what counts as one address.
    pub fn seat(&self, user: UserId, address: IpAddr, limits: SeatLimits) -> Option<Seat> {
        let mut taken = locked(&self.shared.seats.0);
        let has_room = |count: Option<&u32>, limit| count.is_none_or(|count| *count < limit);
        if !has_room(taken.by_user.get(&user), limits.per_user)
            || !has_room(taken.by_address.get(&address), limits.per_address)
        {
            return None;
        }
        *taken.by_user.entry(user).or_default() += 1;
        *taken.by_address.entry(address).or_default() += 1;
        drop(taken);
        Some(Seat { hub: self.clone(), user, address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = locked(&self.hub.shared.seats.0);
        give_back(&mut taken.by_user, self.user);
        give_back(&mut taken.by_address, self.address);
    }
}

fn give_back<K: Eq + Hash>(counts: &mut HashMap<K, u32>, key: K) {
    if let Entry::Occupied(mut entry) = counts.entry(key) {
        *entry.get_mut() -= 1;
        if *entry.get() == 0 {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::UserId;

    use super::{Hub, SeatLimits};

    #[test]
    fn a_person_and_an_address_have_so_many_sockets_and_get_them_back() {
        let hub = Hub::default();
        let limits = SeatLimits { per_user: 2, per_address: 3 };
        let seat =
            |user, address: &str| hub.seat(UserId::from_trusted(user), address.parse().unwrap(), limits);
        let first = seat(1, "192.0.2.1").unwrap();
        let _second = seat(1, "192.0.2.2").unwrap();
        assert!(seat(1, "192.0.2.3").is_none(), "two of one person");
        let _others = [seat(2, "192.0.2.1").unwrap(), seat(3, "192.0.2.1").unwrap()];
        assert!(seat(4, "192.0.2.1").is_none(), "three from one address");
        drop(first);
        assert!(seat(1, "192.0.2.1").is_some());
    }
}
