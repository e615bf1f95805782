//! Connections that are not sockets: who holds one and asks for nothing loses it.

use std::time::Duration;

use rig::on_both;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Everything that comes until the other side closes.
async fn until_closed(connection: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), connection.read_to_end(&mut all));
    read.await.expect("it stays open").unwrap();
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn an_instance_that_stops_listening_hangs_up_on_who_asks_for_nothing_and_keeps_sockets() {
    on_both(async |app| {
        let ana = app.newcomer("ana").await;
        let mut socket = app.connect(&ana, Default::default()).await;
        socket.until_live().await;
        let mut silent = TcpStream::connect(app.addr).await.unwrap();
        let mut idle = TcpStream::connect(app.addr).await.unwrap();
        idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 4096];
        let mut read = 0;
        while !answer[..read].ends_with(b"\r\n\r\nok\n") {
            read += idle.read(&mut answer[read..]).await.unwrap();
        }
        tokio::time::timeout(Duration::from_secs(10), app.stop_listening())
            .await
            .expect("it waits for somebody");
        assert_eq!(until_closed(&mut silent).await, "");
        assert_eq!(until_closed(&mut idle).await, "");
        assert!(TcpStream::connect(app.addr).await.is_err(), "nobody new comes in");
        // Sockets are told when to come back, which is the state's business.
        socket.settle(1).await;
    })
    .await;
}
