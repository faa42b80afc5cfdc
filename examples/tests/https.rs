//! The programs' client over TLS: certificates that hold, and each way in which one does not.
//!
//! The authorities and certificates are made here; nothing leaves the machine.

mod common;
#[path = "https/site.rs"]
mod site;

use common::{SCHEDULERS, run};
use examples::client::{Client, Error};
use examples::flags::Scheduler;
use examples::page::{Failure, within};
use examples::tls::Trust;
use hyper::{StatusCode, Uri};
use mainspring::io::AsyncReadExt;
use mainspring::net::TcpListener;
use site::{Authority, Site, Valid};
use std::time::Duration;

/// Nothing here takes longer than a second on a quiet machine.
const LIMIT: Duration = Duration::from_secs(60);

fn on_both<F: Future<Output = ()>>(test: impl Fn() -> F) {
    for scheduler in [Scheduler::CURRENT_THREAD, Scheduler::multi_thread(4)] {
        let ended = scheduler
            .runtime()
            .unwrap()
            .block_on(async { mainspring::time::timeout(LIMIT, test()).await });
        assert!(ended.is_ok(), "hangs on {scheduler}");
    }
}

fn url(text: String) -> Uri {
    text.parse().unwrap()
}

/// Why `client` gets nothing from `url`, and that nobody need try again.
async fn refused(client: &Client, url: &Uri) -> String {
    let error = client.get(url).await.unwrap_err();
    assert!(matches!(error, Error::Tls(_)), "{error:?}");
    assert!(!error.worth_another(), "{error}");
    error.to_string()
}

#[test]
fn connections_are_kept_and_the_cap_holds_over_tls_too() {
    on_both(|| async {
        let authority = Authority::new();
        let site = Site::start(authority.certificate("localhost", Valid::Now)).await;
        let client = Client::trusting(3, authority.trust());
        let ask = |client: Client, url: Uri| async move { client.get(&url).await };
        let url = url(format!("https://localhost:{}/page", site.port()));
        let tasks: Vec<_> =
            (0..30).map(|_| mainspring::spawn(ask(client.clone(), url.clone()))).collect();
        for task in tasks {
            let answer = task.await.unwrap().unwrap();
            // The site would rather speak HTTP/2, and was told that this client does not.
            assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"/page http/1.1"[..]));
        }
        assert!((1..=3).contains(&client.opened()), "{} opened", client.opened());
        assert_eq!(client.opened() + client.reused(), 30);
        let posted = client.post_json(&url, "[1]").await.unwrap();
        assert_eq!(posted.status, StatusCode::OK);
    });
}

#[test]
fn a_certificate_can_be_for_an_address() {
    on_both(|| async {
        let authority = Authority::new();
        let site = Site::start(authority.certificate("127.0.0.1", Valid::Now)).await;
        let client = Client::trusting(1, authority.trust());
        let there = url(format!("https://127.0.0.1:{}/", site.port()));
        assert_eq!(client.get(&there).await.unwrap().status, StatusCode::OK);
        let other = url(format!("https://localhost:{}/", site.port()));
        let error = refused(&client, &other).await;
        assert!(
            error.contains("certificate of localhost is refused: it is for 127.0.0.1"),
            "{error}"
        );
    });
}

/// What is private must not go out on a connection that is not, though host and port are the same.
#[test]
fn a_connection_belongs_to_its_scheme() {
    on_both(|| async {
        let authority = Authority::new();
        let site = Site::start(authority.certificate("localhost", Valid::Now)).await;
        let client = Client::trusting(2, authority.trust());
        for (scheme, protocol) in
            [("http", "plain"), ("https", "http/1.1"), ("http", "plain"), ("https", "http/1.1")]
        {
            let answer = client.get(&url(format!("{scheme}://localhost:{}/", site.port()))).await;
            assert_eq!(answer.unwrap().body, format!("/ {protocol}"));
        }
        assert_eq!((client.opened(), client.reused()), (2, 2));
    });
}

#[test]
fn a_certificate_that_does_not_hold_is_refused_with_host_and_reason() {
    on_both(|| async {
        let authority = Authority::new();
        let of_ours = Client::trusting(1, authority.trust());
        let of_nobodys = Client::new(1);
        for (host, valid, client, reason) in [
            ("elsewhere.example", Valid::Now, &of_ours, "it is for elsewhere.example"),
            ("localhost", Valid::Before, &of_ours, "it expired"),
            ("localhost", Valid::Later, &of_ours, "the clock of this machine"),
            ("localhost", Valid::Now, &of_nobodys, "--ca FILE"),
        ] {
            let site = Site::start(authority.certificate(host, valid)).await;
            let error = refused(client, &url(format!("https://localhost:{}/", site.port()))).await;
            assert!(error.contains("the certificate of localhost is refused"), "{error}");
            assert!(error.contains(reason), "{error}");
        }
    });
}

#[test]
fn an_authoritys_own_certificate_is_refused_in_words() {
    on_both(|| async {
        let site = Site::start(Authority::own("localhost")).await;
        let url = url(format!("https://localhost:{}/", site.port()));
        let error = refused(&Client::new(1), &url).await;
        assert!(error.contains("it is an authority's own"), "{error}");
        assert!(error.contains("CA:FALSE") && !error.contains("Error"), "{error}");
    });
}

#[test]
fn a_server_that_speaks_no_tls_is_told_from_one_that_hangs_up() {
    on_both(|| async {
        let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = plain.local_addr().unwrap().port();
        let client = Client::new(1);
        let https = url(format!("https://localhost:{port}/"));
        let answers = async {
            let (mut stream, _) = plain.accept().await.unwrap();
            let bad = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
            mainspring::io::AsyncWriteExt::write_all(&mut stream, bad).await.unwrap();
            let _ = stream.read(&mut [0; 512]).await;
        };
        let (error, ()) = mainspring::join!(refused(&client, &https), answers);
        assert!(error.contains("localhost does not speak TLS"), "{error}");

        let hangs_up = async {
            let (mut stream, _) = plain.accept().await.unwrap();
            // The whole greeting, or the end is a reset.
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        };
        let (error, ()) = mainspring::join!(client.get(&https), hangs_up);
        let error = error.unwrap_err();
        assert!(error.worth_another());
        assert!(error.to_string().contains("localhost closed the connection in"), "{error}");
    });
}

#[test]
fn the_time_limit_covers_the_handshake_and_closes_the_connection() {
    on_both(|| async {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(1);
        let https = url(format!("https://{}/", silent.local_addr().unwrap()));
        for _ in 0..2 {
            let asked = within(Duration::from_millis(100), client.get(&https));
            let accepted = async {
                let (mut stream, _) = silent.accept().await.unwrap();
                // To the end: it comes when the client gives up.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            };
            let (end, ()) = mainspring::join!(asked, accepted);
            assert!(matches!(end, Err(Failure::TimedOut(_))), "{end:?}");
        }
        assert_eq!(client.opened(), 0);
    });
}

#[test]
fn the_programs_fetch_https_when_they_are_told_whom_to_trust() {
    let runtime = Scheduler::multi_thread(1).runtime().unwrap();
    let authority = Authority::new();
    let certificate = authority.certificate("localhost", Valid::Now);
    let site = runtime.block_on(Site::start(certificate));
    let file = authority.file();
    let ca = file.to_str().unwrap();
    let url = format!("https://localhost:{}/{{i}}", site.port());
    let ten = ["--url", &url, "--ca", ca];
    for on in SCHEDULERS {
        let fetched = on.run("fetch", &[&ten[..], &["--requests", "10"]].concat()).good();
        fetched.shows("10 of 10 succeeded");
        on.run("crawl", &[&ten[..], &["--pages", "10"]].concat()).good().shows("10 of 10");
        on.run("pipeline", &[&ten[..], &["--pages", "10"]].concat()).good();
    }
    let page = format!("https://localhost:{}/page", site.port());
    run("requests", &["--get", &page, "--ca", ca]).good().shows("200 OK, 14 bytes of text");
    let base = format!("https://localhost:{}", site.port());
    let scraped = ["--base", &base, "--ca", ca, "--database", ":memory:", "--pages", "5"];
    run("scraper", &scraped).good();

    // Whom nobody knows is asked once, and not three times.
    let strange = run("fetch", &["--url", &url, "--requests", "2"]).bad();
    strange.shows("attempts     2, of which 0 were retries");
    strange.shows("the certificate of localhost is refused").shows("--ca FILE");
    run("requests", &["--get", &page]).bad().shows("the certificate of localhost is refused");
    std::fs::remove_file(&file).unwrap();
    run("fetch", &ten).bad().tells("--ca").tells("cannot read it");
}

#[test]
fn a_client_without_sockets_says_that_it_has_no_https() {
    on_both(|| async {
        let server = examples::server::Inside::new(1.0);
        let client = Client::inside(1, move |_| Ok(server.connect()));
        let error = client.get(&url("https://localhost/get".into())).await.unwrap_err();
        assert!(error.to_string().contains("https needs a socket"), "{error}");
        assert_eq!(client.get(&url("http://localhost/get".into())).await.unwrap().status, 200);
        assert_eq!(format!("{:?}", Trust::default()), "Trust(public)");
    });
}
