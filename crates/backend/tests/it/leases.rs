//! Node numbers: two processes on one database never make the same id.

use std::collections::HashSet;

use backend::store::{Options, Store};
use protocol::MessageId;
use rig::on_both_stores;

#[tokio::test]
async fn two_stores_on_one_database_have_different_nodes_and_never_the_same_id() {
    on_both_stores(async |store, _, database| {
        let options = Options { url: database.url.clone(), answer_before_commit: false };
        let other = Store::open(&options).await.unwrap();
        assert_ne!(store.snowflakes().node(), other.snowflakes().node());
        let ids =
            |store: &Store| -> HashSet<MessageId> { (0..5000).map(|_| store.snowflakes().next()).collect() };
        assert!(ids(store).is_disjoint(&ids(&other)));
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn ten_stores_that_start_at_once_have_ten_nodes() {
    on_both_stores(async |_, _, database| {
        let open = || async {
            Store::open(&Options { url: database.url.clone(), answer_before_commit: false }).await.unwrap()
        };
        let stores = futures_util::future::join_all((0..10).map(|_| open())).await;
        let nodes: HashSet<i64> = stores.iter().map(|store| store.snowflakes().node()).collect();
        assert_eq!(nodes.len(), 10);
        for store in stores {
            store.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_node_that_was_given_back_is_used_again() {
    on_both_stores(async |_, _, database| {
        let options = Options { url: database.url.clone(), answer_before_commit: false };
        let first = Store::open(&options).await.unwrap();
        let node = first.snowflakes().node();
        first.close().await;
        // A lease ends with the millisecond it was given back in.
        let mut look = database.look().await;
        look.run(&format!("update node_leases set expires_at = expires_at - 1 where node = {node}")).await;
        let second = Store::open(&options).await.unwrap();
        assert_eq!(second.snowflakes().node(), node);
        second.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_store_that_lost_its_node_does_not_give_back_another_ones() {
    on_both_stores(async |_, _, database| {
        let options = Options { url: database.url.clone(), answer_before_commit: false };
        let stalled = Store::open(&options).await.unwrap();
        let node = stalled.snowflakes().node();
        let mut look = database.look().await;
        look.run(&format!("update node_leases set expires_at = 1 where node = {node}")).await;
        let heir = Store::open(&options).await.unwrap();
        assert_eq!(heir.snowflakes().node(), node, "an expired lease is the first to be taken");
        let expires = format!("select expires_at from node_leases where node = {node}");
        let before = look.number(&expires).await;
        stalled.close().await;
        assert_eq!(look.number(&expires).await, before, "the heir's lease was ended by somebody else");
        heir.close().await;
    })
    .await;
}
