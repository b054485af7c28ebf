//! What the window lists when a person connects: the collections of a server.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use blockscope::error::Error;
use blockscope::job::Control;
use blockscope::source::{
    CollectionDescription, Distance, ServerAddress, VectorDescription, VectorKind, describe_server, unsuitable,
};
use tonic::Code;

use crate::loopback::{Fault, Loopback, multivector_info, sparse_info};
use crate::support::Workplace;

fn address(url: &str, key: Option<&str>) -> ServerAddress {
    ServerAddress::parse(url, key).unwrap().0
}

fn describe(server: &Loopback) -> Vec<CollectionDescription> {
    describe_server(&address(&server.url, None), &Control::new()).unwrap()
}

#[test]
fn the_collections_of_a_server_are_described() {
    let w = Workplace::new();
    w.vectors(60, 8);
    let server = Loopback::start(&w.path("server"));
    assert_eq!(describe(&server), []);
    w.run(&format!("import vectors --vectors v.npy --collection food -q --url {}", server.url)).ok();
    server.present("multi", multivector_info("words", 16));
    server.present("blocks", sparse_info("block"));

    let all = describe(&server);
    let names: Vec<_> = all.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["blocks", "food", "multi"]);
    let kinds: Vec<_> = all.iter().map(|c| (c.vectors[0].name.as_str(), c.vectors[0].kind)).collect();
    assert_eq!(kinds, [("block", VectorKind::Sparse), ("", VectorKind::Dense), ("words", VectorKind::Multi)]);
    let food = VectorDescription {
        name: String::new(),
        dim: Some(8),
        distance: Some(Distance::Cosine),
        kind: VectorKind::Dense,
    };
    let wanted = CollectionDescription { name: "food".into(), points: Some(60), vectors: vec![food], problem: None };
    assert_eq!(all[1], wanted);
    let unfit: Vec<_> = all.iter().map(|c| unsuitable(&c.vectors[0]).is_some()).collect();
    assert_eq!(unfit, [true, false, true]);
}

#[test]
fn a_collection_that_cannot_be_looked_at_spoils_no_other() {
    let w = Workplace::new();
    let server = Loopback::start(&w.path("server"));
    for i in 10..40 {
        server.present(&format!("c{i}"), multivector_info("words", i));
    }
    server.fail_later("Collections/get", 5, 1, Fault::Status(Code::Internal));
    let all = describe(&server);
    assert_eq!((all.len(), server.requests.of("Collections/get")), (30, 30));
    for (i, collection) in (10..40).zip(&all) {
        assert_eq!(collection.name, format!("c{i}"));
        assert!(collection.problem.is_some() || collection.vectors[0].dim == Some(i as usize));
    }
    let problems: Vec<_> = all.iter().filter_map(|c| c.problem.as_deref()).collect();
    assert_eq!(problems, ["Qdrant: the test server was told to fail"]);

    // One that hangs is told, too, and the others do not wait for it one after the other.
    server.fail("Collections/get", 8, Fault::Slow(Duration::from_secs(600)));
    let all = describe(&server);
    let slow: Vec<_> = all.iter().filter_map(|c| c.problem.as_deref()).collect();
    assert_eq!(slow.len(), 8);
    assert!(slow.iter().all(|problem| problem.contains("no answer within 4 s")), "{slow:?}");
    server.heal();
}

#[test]
fn a_wrong_address_or_key_is_told_soon() {
    let w = Workplace::new();
    let server = Loopback::start_with_key(&w.path("server"), "right");
    let ask = |url: &str, key| describe_server(&address(url, key), &Control::new());
    assert_eq!(ask(&server.url, Some("right")).unwrap(), []);
    for key in [None, Some("wrong")] {
        assert!(matches!(ask(&server.url, key), Err(Error::Unauthorized { .. })));
    }
    let began = Instant::now();
    assert!(matches!(ask("http://127.0.0.1:1", None), Err(Error::Connection { .. })));
    assert!(matches!(ask("http://no-such-host.invalid:6334", None), Err(Error::Connection { .. })));
    // Something listens there and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let told = ask(&format!("http://{}", silent.local_addr().unwrap()), None).unwrap_err();
    assert!(matches!(&told, Error::Connection { .. }), "{told}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn a_cancel_is_heard_while_the_server_thinks() {
    let w = Workplace::new();
    let server = Loopback::start(&w.path("server"));
    server.present("multi", multivector_info("words", 16));
    server.fail("Collections/get", 1, Fault::Slow(Duration::from_secs(600)));
    let control = Control::new();
    let (inside, url) = (control.clone(), server.url.clone());
    let asking = std::thread::spawn(move || describe_server(&address(&url, None), &inside));
    while server.requests.of("Collections/get") == 0 {
        assert!(!asking.is_finished());
        std::thread::sleep(Duration::from_millis(5));
    }
    control.cancel();
    assert!(matches!(asking.join().unwrap(), Err(Error::Cancelled)));
    server.heal();
}
