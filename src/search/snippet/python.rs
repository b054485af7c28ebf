//! Programs in Python.

use serde_json::Value;

use super::layout::{STEP, float, group, indented, numbers, quoted};
use super::{Named, Place, Writer, filter, names_points};
use crate::point::PointId;
use crate::source::request::{Score, Stage};
use crate::source::{Example, Strategy};

pub(super) fn write(writer: &Writer) -> String {
    match &writer.target.place {
        Place::Server { url } => server(writer, url),
        Place::Store { folder } => store(writer, &folder.join(&writer.target.collection).display().to_string()),
    }
}

fn definitions(named: &Named) -> String {
    named
        .all()
        .map(|(name, vector)| format!("{name} = {}\n", numbers("[", vector.iter().map(|v| float(*v)), "]")))
        .collect()
}

/// What is the same for both: definitions, and a function that is called.
fn body(named: &Named, filter: Option<String>, call: &str) -> String {
    let filter = filter.map(|filter| format!("filter = {filter}\n")).unwrap_or_default();
    format!("{}{filter}\n\n{call}\n", definitions(named))
}

// ------------------------------------------------------------------------------------------------ a server

fn server(writer: &Writer, url: &str) -> String {
    let (tls, address) = match url.split_once("://") {
        Some((scheme, address)) => (scheme == "https", address),
        None => (false, url),
    };
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "6334"));
    let mut named = Named::default();
    let mut arguments = vec![quoted(&writer.target.collection)];
    arguments.extend(server_stage(writer, writer.stage, &mut named, "query_filter"));
    arguments.push("with_payload=True".into());
    let call = format!("{STEP}return {}", indented(&group("client.query_points(", &arguments, ").points", true)));
    let filter = writer.filter.map(|filter| format!("models.Filter.model_validate({})", literal(filter)));
    let function = format!("def search(client):\n{call}");
    let client = group(
        "QdrantClient(",
        &[
            format!("host={}", quoted(host.trim_matches(['[', ']']))),
            format!("grpc_port={port}"),
            "prefer_grpc=True".into(),
            format!("https={}", if tls { "True" } else { "False" }),
            "api_key=os.environ.get(\"QDRANT_API_KEY\")".into(),
            "check_compatibility=False".into(),
        ],
        ")",
        true,
    );
    format!(
        "# pip install \"qdrant-client>=1.16\"\nimport os\n\nfrom qdrant_client import QdrantClient, models\n\n{}\n\n\
         if __name__ == \"__main__\":\n{STEP}client = {}\n{STEP}for point in search(client):\n\
         {STEP}{STEP}print(point.score, point.id, point.payload)\n",
        body(&named, filter, &function),
        indented(&client),
    )
}

fn server_stage(writer: &Writer, stage: &Stage, named: &mut Named, filter: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    if !stage.is_leaf() {
        let prefetch = |s: &Stage, named: &mut Named| {
            group("models.Prefetch(", &server_stage(writer, s, named, "filter"), ")", true)
        };
        let stages: Vec<String> = stage.prefetch.iter().map(|s| prefetch(s, named)).collect();
        arguments.push(format!("prefetch={}", group("[", &stages, "]", true)));
    }
    arguments.push(format!("query={}", server_query(&stage.score, named)));
    if let Some(using) = writer.using(&stage.score) {
        arguments.push(format!("using={}", quoted(using)));
    }
    if writer.filter.is_some() && stage.is_leaf() {
        arguments.push(format!("{filter}=filter"));
    }
    if writer.exact(&stage.score) {
        let name = if filter == "filter" { "params" } else { "search_params" };
        arguments.push(format!("{name}=models.SearchParams(exact=True)"));
    }
    arguments.push(format!("limit={}", stage.limit));
    arguments
}

fn server_query(score: &Score, named: &mut Named) -> String {
    let list = |examples: &[Example], named: &mut Named| {
        group("[", &examples.iter().map(|e| example(e, named)).collect::<Vec<_>>(), "]", true)
    };
    let pairs = |pairs: &[(Example, Example)], named: &mut Named| {
        let pair = |(p, n): &(Example, Example), named: &mut Named| {
            let both = [format!("positive={}", example(p, named)), format!("negative={}", example(n, named))];
            group("models.ContextPair(", &both, ")", true)
        };
        group("[", &pairs.iter().map(|p| pair(p, named)).collect::<Vec<_>>(), "]", true)
    };
    match score {
        Score::Nearest(one) => example(one, named),
        Score::Sparse(weights) => {
            let indices = numbers("[", &weights.indices, "]");
            let values = numbers("[", weights.values.iter().map(|v| float(*v)), "]");
            group("models.SparseVector(", &[format!("indices={indices}"), format!("values={values}")], ")", true)
        }
        Score::Recommend { positive, negative, strategy } => {
            let strategy = match strategy {
                Strategy::AverageVector => "AVERAGE_VECTOR",
                Strategy::BestScore => "BEST_SCORE",
                Strategy::SumScores => "SUM_SCORES",
            };
            let arguments = [
                format!("positive={}", list(positive, named)),
                format!("negative={}", list(negative, named)),
                format!("strategy=models.RecommendStrategy.{strategy}"),
            ];
            let input = group("models.RecommendInput(", &arguments, ")", true);
            group("models.RecommendQuery(", &[format!("recommend={input}")], ")", true)
        }
        Score::Discover { target, context } => {
            let arguments =
                [format!("target={}", example(target, named)), format!("context={}", pairs(context, named))];
            let input = group("models.DiscoverInput(", &arguments, ")", true);
            group("models.DiscoverQuery(", &[format!("discover={input}")], ")", true)
        }
        Score::Context(context) => {
            group("models.ContextQuery(", &[format!("context={}", pairs(context, named))], ")", true)
        }
        Score::Sum { distance, factor } => {
            let dense = if *distance { "models.NegExpression(neg=\"$score[0]\")" } else { "\"$score[0]\"" };
            let sparse = format!("models.MultExpression(mult=[{}, \"$score[1]\"])", float(*factor));
            let sum = group("models.SumExpression(sum=[", &[dense.to_owned(), sparse], "])", true);
            let arguments = [format!("formula={sum}"), "defaults={\"$score[0]\": 0.0, \"$score[1]\": 0.0}".to_owned()];
            group("models.FormulaQuery(", &arguments, ")", true)
        }
    }
}

fn example(example: &Example, named: &mut Named) -> String {
    match example {
        Example::Point(id) => point(*id),
        Example::Vector(vector) => named.of(vector),
    }
}

fn point(id: PointId) -> String {
    match id {
        PointId::Num(id) => id.to_string(),
        PointId::Uuid(id) => quoted(&id.to_string()),
    }
}

/// JSON as Python writes it.
fn literal(json: &Value) -> String {
    match json {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => group("[", &items.iter().map(literal).collect::<Vec<_>>(), "]", true),
        Value::Object(map) => {
            let members: Vec<String> = map.iter().map(|(key, v)| format!("{}: {}", quoted(key), literal(v))).collect();
            group("{", &members, "}", true)
        }
    }
}

// ------------------------------------------------------------------------------------------------ an embedded store

const MEAN: &str = "\
def mean(vectors):
    return [sum(values) / len(vectors) for values in zip(*vectors)]


";

fn store(writer: &Writer, folder: &str) -> String {
    let filter = match filter::python(writer) {
        Ok(filter) => filter,
        Err(problem) => return format!("# {problem}\n"),
    };
    let mut named = Named::default();
    let mut request = store_stage(writer, writer.stage, &mut named, filter.is_some());
    request.push("with_payload=True".into());
    let call = group("QueryRequest(", &request, ")", true);
    let mut functions = String::new();
    if names_points(writer.search) {
        let name = quoted(&writer.target.vector);
        functions += &format!(
            "def vector_of(shard, id):\n{STEP}(point,) = shard.retrieve([id], False, True)\n\
             {STEP}return point.vector[{name}] if isinstance(point.vector, dict) else point.vector\n\n\n"
        );
    }
    if call.contains("mean(") {
        functions += MEAN;
    }
    let function = format!("{functions}def search(shard):\n{STEP}return shard.query({})", indented(&call));
    let text = body(&named, filter, &function);
    const CLASSES: [&str; 24] = [
        "ContextPair",
        "ContextQuery",
        "DiscoverQuery",
        "Expression",
        "FieldCondition",
        "Filter",
        "Formula",
        "HasIdCondition",
        "HasVectorCondition",
        "IsEmptyCondition",
        "IsNullCondition",
        "MatchAny",
        "MatchExcept",
        "MatchText",
        "MatchValue",
        "MinShould",
        "NestedCondition",
        "Prefetch",
        "Query",
        "QueryRequest",
        "RangeDateTime",
        "RangeFloat",
        "RecommendQuery",
        "SearchParams",
    ];
    let mut classes = vec!["EdgeShard".to_owned()];
    let used = |class: &str| [format!("{class}("), format!("{class}.")].iter().any(|use_| text.contains(use_));
    classes.extend(CLASSES.iter().filter(|class| used(class)).map(|class| (*class).to_owned()));
    if text.contains("SparseVector(") {
        classes.push("SparseVector".into());
    }
    if text.contains("ValuesCount(") {
        classes.push("ValuesCount".into());
    }
    format!(
        "# pip install \"qdrant-edge-py>=0.7,<0.8\"\n# A collection is open in one process at a time: close it elsewhere first.\n\
         {}\n\n{text}\n\nif __name__ == \"__main__\":\n{STEP}shard = EdgeShard.load({})\n\
         {STEP}for point in search(shard):\n{STEP}{STEP}print(point.score, point.id, point.payload)\n",
        numbers("from qdrant_edge import (", classes, ")"),
        quoted(folder),
    )
}

fn store_stage(writer: &Writer, stage: &Stage, named: &mut Named, filtered: bool) -> Vec<String> {
    let mut arguments = Vec::new();
    if !stage.is_leaf() {
        let prefetch =
            |s: &Stage, named: &mut Named| group("Prefetch(", &store_stage(writer, s, named, filtered), ")", true);
        let stages: Vec<String> = stage.prefetch.iter().map(|s| prefetch(s, named)).collect();
        arguments.push(format!("prefetches={}", group("[", &stages, "]", true)));
    }
    arguments.push(format!("query={}", store_query(writer, &stage.score, named)));
    if filtered && stage.is_leaf() {
        arguments.push("filter=filter".into());
    }
    if writer.exact(&stage.score) {
        arguments.push("params=SearchParams(exact=True)".into());
    }
    arguments.push(format!("limit={}", stage.limit));
    arguments
}

fn store_query(writer: &Writer, score: &Score, named: &mut Named) -> String {
    let using = writer.using(score).map(|name| format!("using={}", quoted(name)));
    let of = |kind: &str, query: String| {
        let arguments: Vec<String> = std::iter::once(query).chain(using.clone()).collect();
        group(&format!("Query.{kind}("), &arguments, ")", true)
    };
    let one = |example: &Example, named: &mut Named| match example {
        Example::Point(id) => format!("vector_of(shard, {})", point(*id)),
        Example::Vector(vector) => named.of(vector),
    };
    let list = |examples: &[Example], named: &mut Named| {
        group("[", &examples.iter().map(|e| one(e, named)).collect::<Vec<_>>(), "]", true)
    };
    let pairs = |pairs: &[(Example, Example)], named: &mut Named| {
        let pair = |(p, n): &(Example, Example), named: &mut Named| {
            group("ContextPair(", &[one(p, named), one(n, named)], ")", true)
        };
        group("[", &pairs.iter().map(|p| pair(p, named)).collect::<Vec<_>>(), "]", true)
    };
    match score {
        Score::Nearest(example) => of("Nearest", one(example, named)),
        Score::Sparse(weights) => {
            let indices = numbers("[", &weights.indices, "]");
            let values = numbers("[", weights.values.iter().map(|v| float(*v)), "]");
            of("Nearest", group("SparseVector(", &[indices, values], ")", true))
        }
        Score::Recommend { positive, negative, strategy: Strategy::AverageVector } => {
            let positive = group("mean(", &[list(positive, named)], ")", false);
            if negative.is_empty() {
                return of("Nearest", positive);
            }
            let negative = group("mean(", &[list(negative, named)], ")", false);
            let zipped = group("zip(", &[positive, negative], ")", false);
            of("Nearest", format!("[2 * p - n for p, n in {zipped}]"))
        }
        Score::Recommend { positive, negative, strategy } => {
            let kind = if *strategy == Strategy::SumScores { "RecommendSumScores" } else { "RecommendBestScore" };
            of(kind, group("RecommendQuery(", &[list(positive, named), list(negative, named)], ")", true))
        }
        Score::Discover { target, context } => {
            let arguments = [one(target, named), pairs(context, named)];
            of("Discover", group("DiscoverQuery(", &arguments, ")", true))
        }
        Score::Context(context) => of("Context", group("ContextQuery(", &[pairs(context, named)], ")", true)),
        Score::Sum { distance, factor } => {
            let score = |at: usize| format!("Expression.Variable(\"$score[{at}]\")");
            let dense = if *distance { format!("Expression.Neg({})", score(0)) } else { score(0) };
            let sparse = format!("Expression.Mult([Expression.Constant({}), {}])", float(*factor), score(1));
            let sum = group("Expression.Sum([", &[dense, sparse], "])", true);
            let arguments = [sum, "{\"$score[0]\": 0.0, \"$score[1]\": 0.0}".to_owned()];
            group("Formula(", &arguments, ")", true)
        }
    }
}
