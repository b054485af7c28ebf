//! What waits, what is being made and what is ready: the newest first, everything once, and a bounded number of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::PictureKey;

/// All requests. Each is in one place: it waits for a thread, waits for its host, is being made, or is ready.
pub(super) struct State {
    open: bool,
    /// Requests of a queue, at most.
    bound: usize,
    per_host: usize,
    /// Counts requests, so that a larger number is a newer one.
    clock: u64,
    requests: HashMap<PictureKey, Request>,
    local: BTreeMap<u64, PictureKey>,
    remote: BTreeMap<u64, (PictureKey, Arc<str>)>,
    /// Fetches that run, by host.
    hosts: HashMap<Arc<str>, usize>,
}

struct Request {
    /// When it was last asked for: its place in a queue.
    time: u64,
    stage: Stage,
    /// Whether it was not forgotten since.
    wanted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Local,
    Remote,
    Running,
    Ready,
}

/// Whether what was made is to be given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finished {
    Wanted,
    Forgotten,
}

impl State {
    pub(super) fn new(bound: usize, per_host: usize) -> Self {
        Self {
            open: true,
            bound: bound.max(1),
            per_host,
            clock: 0,
            requests: HashMap::new(),
            local: BTreeMap::new(),
            remote: BTreeMap::new(),
            hosts: HashMap::new(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Drops all that waits, and gives nothing out any more.
    pub(super) fn close(&mut self) {
        self.open = false;
        self.requests.clear();
        self.local.clear();
        self.remote.clear();
    }

    /// Puts a request in front of all others; gives whether it is a new one.
    pub(super) fn request(&mut self, key: PictureKey) -> bool {
        self.clock += 1;
        let time = self.clock;
        let Some(known) = self.requests.get_mut(&key) else {
            self.requests.insert(key.clone(), Request { time, stage: Stage::Local, wanted: true });
            self.local.insert(time, key);
            if self.local.len() > self.bound
                && let Some((_, oldest)) = self.local.pop_first()
            {
                self.requests.remove(&oldest);
            }
            return true;
        };
        let before = std::mem::replace(&mut known.time, time);
        known.wanted = true;
        match known.stage {
            Stage::Local => move_up(&mut self.local, before, time),
            Stage::Remote => move_up(&mut self.remote, before, time),
            Stage::Running | Stage::Ready => {}
        }
        false
    }

    pub(super) fn forget(&mut self, key: &PictureKey) {
        let Some(known) = self.requests.get_mut(key) else { return };
        known.wanted = false;
        match known.stage {
            Stage::Local => drop(self.local.remove(&known.time)),
            Stage::Remote => drop(self.remote.remove(&known.time)),
            // Known until it is done, so that it is not begun a second time.
            Stage::Running | Stage::Ready => return,
        }
        self.requests.remove(key);
    }

    /// The newest request, to be begun without the network.
    pub(super) fn next_local(&mut self) -> Option<PictureKey> {
        let (_, key) = self.local.pop_last()?;
        self.run(&key);
        Some(key)
    }

    fn run(&mut self, key: &PictureKey) {
        if let Some(known) = self.requests.get_mut(key) {
            known.stage = Stage::Running;
        }
    }

    /// Lets a request that was begun wait for its host.
    pub(super) fn wait_for_host(&mut self, key: &PictureKey, host: Arc<str>) {
        let Some(known) = self.requests.get_mut(key) else { return };
        if !known.wanted {
            self.requests.remove(key);
            return;
        }
        known.stage = Stage::Remote;
        self.remote.insert(known.time, (key.clone(), host));
        if self.remote.len() > self.bound
            && let Some((_, (oldest, _))) = self.remote.pop_first()
        {
            self.requests.remove(&oldest);
        }
    }

    /// The newest request whose host is not busy, to be fetched.
    pub(super) fn next_remote(&mut self) -> Option<(PictureKey, Arc<str>)> {
        let busy = |host: &Arc<str>| self.hosts.get(host).is_some_and(|running| *running >= self.per_host);
        let time = self.remote.iter().rev().find(|(_, (_, host))| !busy(host)).map(|(time, _)| *time)?;
        let (key, host) = self.remote.remove(&time)?;
        *self.hosts.entry(host.clone()).or_default() += 1;
        self.run(&key);
        Some((key, host))
    }

    /// A request that was begun is done, at that host if at any. `made` is whether something came of it.
    pub(super) fn finish(&mut self, key: &PictureKey, host: Option<&str>, made: bool) -> Finished {
        if let Some(running) = host.and_then(|host| self.hosts.get_mut(host)) {
            *running -= 1;
        }
        self.hosts.retain(|_, running| *running > 0);
        match self.requests.get_mut(key) {
            Some(known) if known.wanted && made => {
                known.stage = Stage::Ready;
                Finished::Wanted
            }
            _ => {
                self.requests.remove(key);
                Finished::Forgotten
            }
        }
    }

    /// Takes what is ready off the list; gives whether it is still wanted.
    pub(super) fn take(&mut self, key: &PictureKey) -> bool {
        self.requests.remove(key).is_some_and(|known| known.wanted)
    }
}

fn move_up<T>(queue: &mut BTreeMap<u64, T>, before: u64, time: u64) {
    let entry = queue.remove(&before);
    queue.extend(entry.map(|entry| (time, entry)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::picture::PictureRef;

    fn key(number: u8) -> PictureKey {
        PictureKey { picture: PictureRef::inline(&number.to_string()), edge: 1, allow_private: false }
    }

    /// What a person would write down of one request.
    #[derive(Clone, Copy, Debug)]
    struct Noted {
        key: u8,
        stage: Stage,
        wanted: bool,
    }

    #[derive(Clone, Debug)]
    enum Do {
        Request(u8),
        Forget(u8),
        Begin,
        Wait(u8),
        Fetch,
        Finish(u8, bool),
        Take(u8),
    }

    fn anything() -> impl Strategy<Value = Do> {
        let key = 0..12u8;
        prop_oneof![
            4 => key.clone().prop_map(Do::Request),
            1 => key.clone().prop_map(Do::Forget),
            2 => Just(Do::Begin),
            2 => key.clone().prop_map(Do::Wait),
            2 => Just(Do::Fetch),
            2 => (key.clone(), any::<bool>()).prop_map(|(key, made)| Do::Finish(key, made)),
            1 => key.prop_map(Do::Take),
        ]
    }

    /// Of three hosts.
    fn host_of(key: u8) -> Arc<str> {
        format!("{}.example", key % 3).into()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn every_request_is_where_a_plain_list_says(what in prop::collection::vec(anything(), 0..120)) {
            const BOUND: usize = 4;
            const PER_HOST: usize = 2;
            let mut state = State::new(BOUND, PER_HOST);
            // The newest last.
            let mut list: Vec<Noted> = Vec::new();
            let mut fetching: Vec<u8> = Vec::new();
            let place = |list: &[Noted], key: u8, stage: Stage| {
                list.iter().position(|noted| noted.key == key && noted.stage == stage)
            };
            let bound = |list: &mut Vec<Noted>, stage: Stage| {
                if list.iter().filter(|noted| noted.stage == stage).count() > BOUND {
                    let oldest = list.iter().position(|noted| noted.stage == stage).unwrap();
                    list.remove(oldest);
                }
            };
            for step in what {
                match step {
                    Do::Request(k) => {
                        let known = list.iter().position(|noted| noted.key == k);
                        prop_assert_eq!(state.request(key(k)), known.is_none());
                        let stage = known.map_or(Stage::Local, |at| list.remove(at).stage);
                        list.push(Noted { key: k, stage, wanted: true });
                        bound(&mut list, Stage::Local);
                    }
                    Do::Forget(k) => {
                        state.forget(&key(k));
                        list.retain(|noted| noted.key != k || matches!(noted.stage, Stage::Running | Stage::Ready));
                        list.iter_mut().filter(|noted| noted.key == k).for_each(|noted| noted.wanted = false);
                    }
                    Do::Begin => {
                        let newest = list.iter().rposition(|noted| noted.stage == Stage::Local);
                        prop_assert_eq!(state.next_local(), newest.map(|at| key(list[at].key)));
                        newest.into_iter().for_each(|at| list[at].stage = Stage::Running);
                    }
                    Do::Wait(k) => if !fetching.contains(&k) && let Some(at) = place(&list, k, Stage::Running) {
                        state.wait_for_host(&key(k), host_of(k));
                        list[at].stage = Stage::Remote;
                        if !list[at].wanted {
                            list.remove(at);
                        }
                        bound(&mut list, Stage::Remote);
                    },
                    Do::Fetch => {
                        let busy = |k: u8| fetching.iter().filter(|f| host_of(**f) == host_of(k)).count() >= PER_HOST;
                        let newest = list.iter().rposition(|noted| noted.stage == Stage::Remote && !busy(noted.key));
                        let expected = newest.map(|at| (key(list[at].key), host_of(list[at].key)));
                        prop_assert_eq!(state.next_remote(), expected);
                        if let Some(at) = newest {
                            list[at].stage = Stage::Running;
                            fetching.push(list[at].key);
                        }
                    }
                    Do::Finish(k, made) => if let Some(at) = place(&list, k, Stage::Running) {
                        let fetched = fetching.iter().position(|f| *f == k).map(|at| fetching.remove(at));
                        let host = fetched.map(host_of);
                        let wanted = list[at].wanted && made;
                        let expected = if wanted { Finished::Wanted } else { Finished::Forgotten };
                        prop_assert_eq!(state.finish(&key(k), host.as_deref(), made), expected);
                        list[at].stage = Stage::Ready;
                        if !wanted {
                            list.remove(at);
                        }
                    },
                    Do::Take(k) => if let Some(at) = place(&list, k, Stage::Ready) {
                        prop_assert_eq!(state.take(&key(k)), list.remove(at).wanted);
                    },
                }
                prop_assert_eq!(state.requests.len(), list.len());
                prop_assert!(state.local.len() <= BOUND && state.remote.len() <= BOUND);
            }
        }
    }

    #[test]
    fn nothing_is_left_of_what_was_closed() {
        let mut state = State::new(9, 2);
        assert!((0..4).all(|k| state.request(key(k))));
        let running = state.next_local().unwrap();
        let waiting = state.next_local().unwrap();
        state.wait_for_host(&waiting, "h".into());
        state.close();
        assert!(!state.is_open() && state.next_local().is_none() && state.next_remote().is_none());
        assert_eq!(state.finish(&running, None, true), Finished::Forgotten);
    }
}
