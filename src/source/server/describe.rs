//! What a server's collections hold.

use std::time::{Duration, Instant};

use super::ServerAddress;
use super::connection::{Connection, Failure};
use super::convert::Schema;
use crate::error::{Error, Result};
use crate::job::Control;
use crate::source::CollectionDescription;

/// How long the list of the collections may take: an address that nobody answers at must be told soon.
const LIST: Duration = Duration::from_secs(6);
/// How long one collection may take.
const ONE: Duration = Duration::from_secs(4);
/// After this long no more collections are asked about.
const ALL: Duration = Duration::from_secs(30);
/// Collections asked about at a time.
const AT_ONCE: usize = 8;

/// What a server's collections hold, by name. Counts of points are the server's approximate ones.
///
/// A collection that cannot be looked at is in the list with its problem. Fails where no server answers, within a few
/// seconds, or where it refuses the key.
pub fn describe_collections(address: &ServerAddress, control: &Control) -> Result<Vec<CollectionDescription>> {
    let mut connection = Connection::new(address, "")?;
    let names = connection.names(LIST, control).map_err(|failure| connection.tell(failure, control))?;
    let began = Instant::now();
    let mut all = Vec::with_capacity(names.len());
    for some in names.chunks(AT_ONCE) {
        if began.elapsed() >= ALL {
            let problem =
                format!("was not asked about: the server took {} s for the others", began.elapsed().as_secs());
            all.extend(some.iter().map(|name| CollectionDescription::broken(name, &Error::Server(problem.clone()))));
            continue;
        }
        let answers = connection.each(ONE, some, control, async |client, name| client.collection_info(name).await);
        for (name, answer) in some.iter().zip(answers) {
            all.push(match answer {
                Ok(answer) => {
                    let info = answer.result.unwrap_or_default();
                    let points = info.points_count;
                    let vectors = Schema::from(info).vectors();
                    CollectionDescription { name: name.clone(), points, vectors, problem: None }
                }
                Err(Failure::Cancelled) => return Err(Error::Cancelled),
                Err(failure) => CollectionDescription::broken(name, &connection.tell(failure, control)),
            });
        }
    }
    Ok(all)
}
