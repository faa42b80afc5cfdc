//! Buffers of the crate `bytes` over sockets.

use crate::help::{Kind, pair, run};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use mainspring::io::{AsyncReadExt, AsyncWriteExt, ErrorKind};
use mainspring::spawn;

fn a_try_reads_into_a_buffer_what_is_there(kind: Kind) {
    run(kind, || async {
        let (mut client, mut stream) = pair().await;
        let mut buf = BytesMut::new();
        let nothing = stream.try_read_buf(&mut buf).unwrap_err();
        assert_eq!((nothing.kind(), buf.len()), (ErrorKind::WouldBlock, 0));
        client.write_all(b"tick").await.unwrap();
        while buf.len() < 4 {
            stream.readable().await.unwrap();
            let _ = stream.try_read_buf(&mut buf);
        }
        client.write_all(b"tock").await.unwrap();
        while buf.len() < 8 {
            let (reader, _) = stream.split();
            reader.readable().await.unwrap();
            let _ = reader.try_read_buf(&mut buf);
        }
        let (reader, _writer) = stream.into_split();
        drop(client);
        let end = loop {
            reader.readable().await.unwrap();
            match reader.try_read_buf(&mut buf) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => break result.unwrap(),
            }
        };
        assert_eq!((end, &buf[..]), (0, &b"ticktock"[..]));
    });
}

/// Pieces leave together, and come into a buffer that grows, or into one that does not.
fn pieces_come_whole(kind: Kind) {
    run(kind, || async {
        let (mut client, mut server) = pair().await;
        let text: Vec<u8> = (0..200_000).map(|n| (n % 251) as u8).collect();
        let (head, body) = (Bytes::from(text[..70].to_vec()), Bytes::from(text[70..].to_vec()));
        let writes = spawn(async move {
            let mut all = Buf::chain(head, body);
            assert!(client.write_buf(&mut all).await.unwrap() > 70, "both pieces in one write");
            client.write_all_buf(&mut all).await.unwrap();
        });
        let mut fixed = BytesMut::with_capacity(100).limit(100);
        while fixed.has_remaining_mut() {
            assert!(server.read_buf(&mut fixed).await.unwrap() > 0);
        }
        let mut got = fixed.into_inner();
        while server.read_buf(&mut got).await.unwrap() > 0 {}
        assert!(got[..] == text[..]);
        writes.await.unwrap();
    });
}

tests::each_scheduler! { a_try_reads_into_a_buffer_what_is_there, pieces_come_whole }
