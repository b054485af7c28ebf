//! Against an endpoint on the loopback.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;
use crate::http::server::{Reply, Request, Server};

fn remote(server: &Server) -> Remote {
    let remote = Remote::new(&format!("{}/embed", server.url()), Some("tok"), Duration::from_millis(500)).unwrap();
    remote.with_first_pause(Duration::from_millis(5))
}

fn inputs(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("text \"{i}\"\n")).collect()
}

fn embed(server: &Server, count: usize) -> Result<Vec<Vec<f32>>> {
    remote(server).embed(&inputs(count), &Control::new())
}

/// A server that gives these answers, the last one again and again.
fn says(replies: Vec<Reply>) -> Server {
    let next = AtomicUsize::new(0);
    Server::start(move |_| replies[next.fetch_add(1, Ordering::Relaxed).min(replies.len() - 1)].clone())
}

fn json(request: &Request) -> serde_json::Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn each_input_gets_its_vector() {
    let server = Server::start(|request| {
        let body = json(request);
        let rows: Vec<Vec<usize>> = (0..body["inputs"].as_array().unwrap().len()).map(|i| vec![i, 7]).collect();
        Reply::new(200, serde_json::to_vec(&rows).unwrap())
    });
    let remote = remote(&server);
    let vectors = remote.embed(&inputs(3), &Control::new()).unwrap();
    assert_eq!(vectors, [[0.0, 7.0], [1.0, 7.0], [2.0, 7.0]]);
    assert!(remote.embed(&[], &Control::new()).unwrap().is_empty());
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "nothing is asked for no inputs");
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/embed"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer tok"));
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    assert_eq!(json(&asked[0]), serde_json::json!({"inputs": inputs(3), "params": {}}));
    assert!(!format!("{remote:?}").contains("tok\""));
}

#[test]
fn an_answer_that_does_not_fit_is_refused() {
    for (answer, words) in [
        ("[[1,2]]", "2 inputs were sent, and 1 vectors"),
        ("[[1,2],[3]]", "vector 1 has 1 dimensions"),
        ("[[],[]]", "vector 0 is empty"),
        ("[[1,2],[3,1e39]]", "number"),
        ("[[1,2],[3,NaN]]", "not a list of lists"),
        ("[[1,2],[3,null]]", "not a list of lists"),
        ("{\"error\": \"loading\"}", "loading"),
        ("", "not a list of lists"),
    ] {
        let server = says(vec![Reply::new(200, answer)]);
        let told = embed(&server, 2).unwrap_err();
        assert!(told.to_string().contains(words) && told.to_string().contains(server.url()), "{answer}: {told}");
        assert_eq!((server.asked().len(), told.exit_code()), (1, 1), "another try would not help");
    }
}

#[test]
fn passing_trouble_is_waited_out() {
    let whole = Reply::new(200, "[[1]]");
    let cut = Reply { cut: Some(3), ..whole.clone() };
    let hang_up = Reply { hang_up: true, ..whole.clone() };
    let server = says(vec![Reply::new(503, "waking up"), Reply::new(429, ""), cut, hang_up, whole]);
    assert_eq!(embed(&server, 1).unwrap(), [[1.0]]);
    assert_eq!(server.asked().len(), 5);

    let server = says(vec![Reply::new(503, "").with("retry-after", 1), Reply::new(200, "[[1]]")]);
    let begun = Instant::now();
    embed(&server, 1).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "the server asked for a second");

    let server = says(vec![Reply::new(503, "{\"error\": \"no workers\"}")]);
    let told = embed(&server, 1).unwrap_err();
    assert!(told.to_string().contains("(503): no workers"), "{told}");
    assert_eq!(server.asked().len(), ATTEMPTS as usize);
}

#[test]
fn a_refusal_is_told_in_the_servers_words() {
    for (status, words, hint) in [
        (401, "does not take the token", Some("token")),
        (403, "does not take the token", Some("token")),
        (404, "nothing takes inputs there", Some("path")),
        (413, "too large", Some("limit")),
        (422, "(422): what is this?", None),
        (500, "(500): what is this?", Some("later")),
    ] {
        let server = says(vec![Reply::new(status, "{\"detail\": \"what is\\nthis?\"}")]);
        let told = embed(&server, 1).unwrap_err();
        assert!(told.to_string().contains(words), "{told}");
        assert!(hint.is_none_or(|hint| told.hint().unwrap().contains(hint)), "{told:?}");
        assert_eq!(server.asked().len(), 1);
    }
    let server = says(vec![Reply::new(401, "")]);
    let told = Remote::new(server.url(), None, Duration::from_secs(1)).unwrap();
    assert!(told.embed(&inputs(1), &Control::new()).unwrap_err().to_string().contains("wants a token"));

    let server = says(vec![Reply::new(308, "").with("location", "https://elsewhere.example/")]);
    assert!(embed(&server, 1).unwrap_err().to_string().contains("redirects to https://elsewhere.example/"));
}

#[test]
fn a_server_that_takes_too_long_is_given_up() {
    let stalled = Reply { stall: Some(0), ..Reply::new(200, "[[1]]") };
    let drop_by_drop = Reply { pace: Some((1, SECOND / 10)), ..Reply::new(200, " ".repeat(40) + "[[1]]") };
    for slow in [stalled, drop_by_drop] {
        let begun = Instant::now();
        let told = embed(&says(vec![slow]), 1).unwrap_err();
        assert!(told.to_string().contains("no whole answer within 0.5 s"), "{told}");
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
    let told = Remote::new(&Server::nobody(), None, SECOND).unwrap().embed(&inputs(1), &Control::new());
    assert!(told.unwrap_err().to_string().contains("connection refused"));
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_cancel_is_heard_at_once_and_the_endpoint_stays_usable() {
    let stalled = Reply { stall: Some(2), ..Reply::new(200, "[[1]]") };
    let wait = Reply::new(503, "").with("retry-after", 30);
    for first in [stalled, wait] {
        let server = says(vec![first, Reply::new(200, "[[1]]")]);
        let remote = Remote::new(server.url(), None, Duration::from_secs(30)).unwrap();
        let control = Control::new();
        std::thread::scope(|scope| {
            let job = scope.spawn(|| remote.embed(&inputs(1), &control));
            std::thread::sleep(Duration::from_millis(200));
            let asked = Instant::now();
            control.cancel();
            assert!(matches!(job.join().unwrap(), Err(Error::Cancelled)));
            assert!(asked.elapsed() < Duration::from_millis(300), "{:?}", asked.elapsed());
        });
        assert_eq!(remote.embed(&inputs(1), &Control::new()).unwrap(), [[1.0]]);
    }
}

#[test]
fn an_endless_answer_is_not_read_to_its_end() {
    let server = says(vec![Reply::new(200, vec![b' '; 1_000_000])]);
    let mut remote = remote(&server);
    remote.answer_limit = 500_000;
    let told = remote.embed(&inputs(1), &Control::new()).unwrap_err();
    assert!(told.to_string().contains("larger than 500.0 kB"), "{told}");
}

#[test]
fn an_address_or_token_that_cannot_be_sent_is_refused() {
    for url in ["", "host/embed", "ftp://host", "https://me:secret@host/"] {
        let told = Remote::new(url, None, SECOND).unwrap_err();
        assert!(matches!(told, Error::Setting(_)) && !told.to_string().contains("secret"), "{url}: {told}");
    }
    assert!(Remote::new("http://host", Some("a\nb"), SECOND).is_err());
    assert_eq!(Remote::new(" http://host/a/ ", Some(""), SECOND).unwrap().url(), "http://host/a/");
}
