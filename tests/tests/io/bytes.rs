//! Buffers of the crate `bytes` over sockets.

use crate::help::{Kind, pair, run};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use mainspring::io::{AsyncReadExt, AsyncWriteExt, ErrorKind};
use mainspring::net::UdpSocket;
#[cfg(unix)]
use mainspring::net::{UnixDatagram, UnixStream, unix::pipe};
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

/// Longer than the room a read of a stream is given: the datagram's end would be lost.
fn a_datagram_fills_the_room_of_a_buffer(kind: Kind) {
    run(kind, || async {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (to, text) = (server.local_addr().unwrap(), vec![7; 20_000]);
        let mut buf = BytesMut::with_capacity(50_000);
        let nothing = server.try_recv_buf(&mut buf).unwrap_err();
        assert_eq!((nothing.kind(), buf.len()), (ErrorKind::WouldBlock, 0));
        client.send_to(&text, to).await.unwrap();
        assert_eq!(server.recv_buf(&mut buf).await.unwrap(), 20_000);
        client.send_to(&text, to).await.unwrap();
        let (len, from) = server.recv_buf_from(&mut buf).await.unwrap();
        assert_eq!((len, from), (20_000, client.local_addr().unwrap()));
        assert!(buf.len() == 40_000 && buf.iter().all(|byte| *byte == 7));
        // Without room it stays.
        client.send_to(b"tick", to).await.unwrap();
        assert_eq!(server.recv_buf(&mut &mut [0; 0][..]).await.unwrap(), 0);
        let error = server.recv_buf_from(&mut &mut [0; 0][..]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(server.recv_buf_from(&mut buf).await.unwrap().0, 4);
        assert_eq!(&buf[40_000..], b"tick");
    });
}

#[cfg(unix)]
fn unix_sockets_and_pipes_read_into_a_buffer(kind: Kind) {
    run(kind, || async {
        let mut buf = BytesMut::new();
        let (mut one, mut other) = UnixStream::pair().unwrap();
        one.write_all(b"tick").await.unwrap();
        other.readable().await.unwrap();
        assert_eq!(other.try_read_buf(&mut buf).unwrap(), 4);
        one.write_all(b"tock").await.unwrap();
        while buf.len() < 8 {
            let (reader, _) = other.split();
            reader.readable().await.unwrap();
            let _ = reader.try_read_buf(&mut buf);
        }
        let (mut sender, receiver) = pipe::pipe().unwrap();
        sender.write_all(b"last").await.unwrap();
        receiver.readable().await.unwrap();
        assert_eq!(receiver.try_read_buf(&mut buf).unwrap(), 4);
        let (one, other) = UnixDatagram::pair().unwrap();
        one.send(b"!").await.unwrap();
        assert_eq!(other.recv_buf(&mut buf).await.unwrap(), 1);
        one.send(b"!").await.unwrap();
        let (len, from) = other.recv_buf_from(&mut buf).await.unwrap();
        assert!(len == 1 && from.is_unnamed());
        assert_eq!(&buf[..], b"ticktocklast!!");
    });
}

tests::each_scheduler! {
    a_try_reads_into_a_buffer_what_is_there,
    pieces_come_whole,
    a_datagram_fills_the_room_of_a_buffer,
}

#[cfg(unix)]
mod unix {
    use super::*;

    tests::each_scheduler! { unix_sockets_and_pipes_read_into_a_buffer }
}
