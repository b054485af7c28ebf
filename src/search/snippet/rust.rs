//! Programs in Rust.

use super::layout::{STEP, float, group, indented, numbers, quoted};
use super::{Named, Place, Writer, filter, json, names_points};
use crate::point::PointId;
use crate::source::request::{Score, Stage};
use crate::source::{Example, Strategy};

/// What the client of a server offers that a program may need.
const SERVER: [&str; 21] = [
    "Condition",
    "ContextInputBuilder",
    "DiscoverInputBuilder",
    "Expression",
    "Filter",
    "FormulaBuilder",
    "MinShould",
    "PointId",
    "PrefetchQueryBuilder",
    "Query",
    "QueryPointsBuilder",
    "Range",
    "RecommendInputBuilder",
    "RecommendStrategy",
    "RepeatedIntegers",
    "RepeatedStrings",
    "ScoredPoint",
    "SearchParamsBuilder",
    "ValuesCount",
    "VectorInput",
    "r#match::MatchValue",
];

/// What the embedded store's crate offers.
const STORE: [&str; 21] = [
    "ContextPair",
    "ContextQuery",
    "DiscoverQuery",
    "EdgeShard",
    "Expression",
    "Filter",
    "Formula",
    "NamedQuery",
    "OperationResult",
    "PointId",
    "Prefetch",
    "QueryEnum",
    "QueryRequest",
    "RecommendQuery",
    "ScoredPoint",
    "ScoringQuery",
    "SearchParams",
    "SparseVector",
    "VectorInternal",
    "VectorStructInternal",
    "WithVector",
];

pub(super) fn write(writer: &Writer) -> String {
    match &writer.target.place {
        Place::Server { url } => server(writer, url),
        Place::Store { folder } => store(writer, &folder.join(&writer.target.collection).display().to_string()),
    }
}

/// Whether a name stands in the text as a word.
fn is_used(text: &str, name: &str) -> bool {
    let name = name.rsplit("::").next().unwrap_or(name);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            !text[..at].chars().next_back().is_some_and(word)
                && !text[at + name.len()..].chars().next().is_some_and(word)
        })
}

fn imports(krate: &str, names: &[&str], text: &str) -> String {
    let names: Vec<String> = names.iter().filter(|n| is_used(text, n)).map(|n| (*n).to_owned()).collect();
    numbers(&format!("use {krate}::{{"), names, "};")
}

fn definitions(named: &Named) -> String {
    let one = |(name, vector): (String, &Vec<f32>)| {
        let values = numbers("vec![", vector.iter().map(|v| float(*v)), "]");
        format!("{STEP}let {name}: Vec<f32> = {};\n", indented(&values))
    };
    named.all().map(one).collect()
}

// ------------------------------------------------------------------------------------------------ a server

fn server(writer: &Writer, url: &str) -> String {
    let filter = match filter::rust(writer) {
        Ok(filter) => filter,
        Err(problem) => return format!("// {problem}\n"),
    };
    let mut named = Named::default();
    let open = format!("QueryPointsBuilder::new({})", quoted(&writer.target.collection));
    let request = server_stage(writer, writer.stage, &mut named, open, Some(".with_payload(true)"));
    let filter = filter.map(|f| format!("{STEP}let filter = {};\n", indented(&f))).unwrap_or_default();
    let function = format!(
        "async fn search(client: &Qdrant) -> Result<Vec<ScoredPoint>, QdrantError> {{\n{}{filter}\
         {STEP}let request = {};\n{STEP}Ok(client.query(request).await?.result)\n}}\n",
        definitions(&named),
        indented(&request),
    );
    format!(
        "// Cargo.toml: qdrant-client = \"1.16\", tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\
         {}\nuse qdrant_client::{{Qdrant, QdrantError}};\n\n{function}\n\
         #[tokio::main]\nasync fn main() -> Result<(), QdrantError> {{\n\
         {STEP}let client = Qdrant::from_url({}).api_key(std::env::var(\"QDRANT_API_KEY\")).build()?;\n\
         {STEP}for point in search(&client).await? {{\n\
         {STEP}{STEP}println!(\"{{}} {{:?}} {{:?}}\", point.score, point.id, point.payload);\n{STEP}}}\n{STEP}Ok(())\n}}\n",
        imports("qdrant_client::qdrant", &SERVER, &function),
        quoted(url),
    )
}

/// A builder with what a stage asks for, each on a line.
fn server_stage(writer: &Writer, stage: &Stage, named: &mut Named, open: String, last: Option<&str>) -> String {
    let mut lines = vec![open];
    for inner in &stage.prefetch {
        let inner = server_stage(writer, inner, named, "PrefetchQueryBuilder::default()".into(), None);
        lines.push(group(".add_prefetch(", &[inner], ")", true));
    }
    lines.push(group(".query(", &[server_query(&stage.score, named)], ")", true));
    if let Some(using) = writer.using(&stage.score) {
        lines.push(format!(".using({})", quoted(using)));
    }
    if writer.filter.is_some() && stage.is_leaf() {
        lines.push(".filter(filter.clone())".into());
    }
    if writer.exact(&stage.score) {
        lines.push(".params(SearchParamsBuilder::default().exact(true))".into());
    }
    lines.push(format!(".limit({}u64)", stage.limit));
    lines.extend(last.map(str::to_owned));
    let lines: Vec<String> = lines.iter().map(|line| indented(line)).collect();
    lines.join(&format!("\n{STEP}"))
}

fn server_query(score: &Score, named: &mut Named) -> String {
    let mut one = |example: &Example| match example {
        Example::Point(PointId::Num(id)) => format!("VectorInput::new_id({id}u64)"),
        Example::Point(PointId::Uuid(id)) => format!("VectorInput::new_id({})", quoted(&id.to_string())),
        Example::Vector(vector) => format!("VectorInput::new_dense({}.clone())", named.of(vector)),
    };
    let chain = |lines: Vec<String>| lines.join(&format!("\n{STEP}"));
    let pairs = |pairs: &[(Example, Example)], one: &mut dyn FnMut(&Example) -> String| {
        let mut lines = vec!["ContextInputBuilder::default()".to_owned()];
        lines.extend(pairs.iter().map(|(p, n)| format!(".add_pair({}, {})", one(p), one(n))));
        chain(lines)
    };
    match score {
        Score::Nearest(example) => format!("Query::new_nearest({})", one(example)),
        Score::Sparse(weights) => {
            let indices = numbers("vec![", &weights.indices, "]");
            let values = numbers("vec![", weights.values.iter().map(|v| float(*v)), "]");
            let sparse = group("VectorInput::new_sparse(", &[indices, values], ")", true);
            format!("Query::new_nearest({sparse})")
        }
        Score::Recommend { positive, negative, strategy } => {
            let mut lines = vec!["RecommendInputBuilder::default()".to_owned()];
            lines.extend(positive.iter().map(|e| format!(".add_positive({})", one(e))));
            lines.extend(negative.iter().map(|e| format!(".add_negative({})", one(e))));
            let strategy = match strategy {
                Strategy::AverageVector => "AverageVector",
                Strategy::BestScore => "BestScore",
                Strategy::SumScores => "SumScores",
            };
            lines.push(format!(".strategy(RecommendStrategy::{strategy})"));
            group("Query::new_recommend(", &[chain(lines)], ")", true)
        }
        Score::Discover { target, context } => {
            let arguments = [one(target), pairs(context, &mut one)];
            format!("Query::new_discover({})", group("DiscoverInputBuilder::new(", &arguments, ")", true))
        }
        Score::Context(context) => group("Query::new_context(", &[pairs(context, &mut one)], ")", true),
        Score::Sum { distance, factor } => {
            let dense =
                if *distance { "Expression::neg(Expression::score_idx(0))" } else { "Expression::score_idx(0)" };
            let sparse =
                format!("Expression::mult_with([Expression::constant({}), Expression::score_idx(1)])", float(*factor));
            let sum = group("FormulaBuilder::new(Expression::sum_with([", &[dense.into(), sparse], "]))", true);
            let defaults = [0, 1].map(|at| format!(".add_default(\"$score[{at}]\", 0.0)"));
            let [first, second] = defaults;
            group("Query::new_formula(", &[chain(vec![sum, first, second])], ")", true)
        }
    }
}

// ------------------------------------------------------------------------------------------------ an embedded store

const MEAN: &str = "\
fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0.0; vectors[0].len()];
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(s, v)| *s += v / vectors.len() as f32);
    }
    sum
}

";

fn store(writer: &Writer, folder: &str) -> String {
    let mut named = Named::default();
    let filter = filter::for_store(writer);
    let members = store_stage(writer, writer.stage, &mut named, filter.is_some(), true);
    let request = group("QueryRequest { ", &members, " }", true);
    let mut functions = String::new();
    if names_points(writer.search) {
        let name = quoted(&writer.target.vector);
        functions += &format!(
            "fn vector_of(shard: &EdgeShard, id: PointId) -> OperationResult<Vec<f32>> {{\n\
             {STEP}let wanted = WithVector::Selector(vec![{name}.into()]);\n\
             {STEP}let mut found = shard.retrieve(&[id], Some(false.into()), Some(wanted))?;\n\
             {STEP}match found.first_mut().and_then(|point| VectorStructInternal::take_opt(&mut point.vector, {name})) {{\n\
             {STEP}{STEP}Some(VectorInternal::Dense(vector)) => Ok(vector.to_vec()),\n\
             {STEP}{STEP}_ => Ok(Vec::new()),\n{STEP}}}\n}}\n\n"
        );
    }
    if request.contains("mean(") {
        functions += MEAN;
    }
    let filter = filter.map(|filter| {
        let text = json::value(&filter);
        let read = format!("serde_json::from_str(\n{STEP}r##\"{}\"##,\n)", indented(&text));
        format!("{STEP}let filter: Filter = {}.expect(\"a filter\");\n", indented(&read))
    });
    let filter = filter.unwrap_or_default();
    functions += &format!(
        "fn search(shard: &EdgeShard) -> OperationResult<Vec<ScoredPoint>> {{\n{}{filter}\
         {STEP}shard.query({})\n}}\n",
        definitions(&named),
        indented(&request),
    );
    let json = if filter.is_empty() { "" } else { "use qdrant_edge::external::serde_json;\n" };
    format!(
        "// Cargo.toml: qdrant-edge = \"=0.7.0\"\n// A collection is open in one process at a time: close it elsewhere first.\n\
         {json}{}\n\n{functions}\n\
         fn main() -> OperationResult<()> {{\n{STEP}let shard = EdgeShard::load(std::path::Path::new({}), None)?;\n\
         {STEP}for point in search(&shard)? {{\n\
         {STEP}{STEP}println!(\"{{}} {{:?}} {{:?}}\", point.score, point.id, point.payload);\n{STEP}}}\n{STEP}Ok(())\n}}\n",
        imports("qdrant_edge", &STORE, &functions),
        quoted(folder),
    )
}

fn store_stage(writer: &Writer, stage: &Stage, named: &mut Named, filtered: bool, root: bool) -> Vec<String> {
    let inner = |s: &Stage, named: &mut Named| {
        group("Prefetch { ", &store_stage(writer, s, named, filtered, false), " }", true)
    };
    let stages: Vec<String> = stage.prefetch.iter().map(|s| inner(s, named)).collect();
    let filter = if filtered && stage.is_leaf() { "Some(filter.clone())" } else { "None" };
    let params =
        if writer.exact(&stage.score) { "Some(SearchParams { exact: true, ..Default::default() })" } else { "None" };
    let mut members = vec![
        format!("prefetches: {}", group("vec![", &stages, "]", true)),
        format!("query: Some({})", store_query(writer, &stage.score, named)),
        format!("filter: {filter}"),
        "score_threshold: None".to_owned(),
        format!("limit: {}", stage.limit),
        format!("params: {params}"),
    ];
    if root {
        members.extend(["offset: 0", "with_vector: false.into()", "with_payload: true.into()"].map(str::to_owned));
    }
    members
}

fn store_query(writer: &Writer, score: &Score, named: &mut Named) -> String {
    let using = quoted(writer.using(score).unwrap_or_default());
    let of = |kind: &str, query: String| {
        let query = group("NamedQuery::new(", &[query, using.clone()], ")", true);
        format!("ScoringQuery::Vector(QueryEnum::{kind}({query}))")
    };
    let plain = |example: &Example, named: &mut Named| match example {
        Example::Point(PointId::Num(id)) => format!("vector_of(shard, PointId::NumId({id}))?"),
        Example::Point(PointId::Uuid(id)) => {
            format!("vector_of(shard, PointId::Uuid({}.parse().expect(\"a UUID\")))?", quoted(&id.to_string()))
        }
        Example::Vector(vector) => format!("{}.clone()", named.of(vector)),
    };
    let dense = |example: &Example, named: &mut Named| format!("VectorInternal::Dense({})", plain(example, named));
    let list = |examples: &[Example], named: &mut Named| {
        group("vec![", &examples.iter().map(|e| dense(e, named)).collect::<Vec<_>>(), "]", true)
    };
    let pairs = |pairs: &[(Example, Example)], named: &mut Named| {
        let pair = |(p, n): &(Example, Example), named: &mut Named| {
            let both = [format!("positive: {}", dense(p, named)), format!("negative: {}", dense(n, named))];
            group("ContextPair { ", &both, " }", true)
        };
        group("vec![", &pairs.iter().map(|p| pair(p, named)).collect::<Vec<_>>(), "]", true)
    };
    match score {
        Score::Nearest(example) => of("Nearest", dense(example, named)),
        Score::Sparse(weights) => {
            let members = [
                format!("indices: {}", numbers("vec![", &weights.indices, "]")),
                format!("values: {}", numbers("vec![", weights.values.iter().map(|v| float(*v)), "]")),
            ];
            let sparse = group("SparseVector { ", &members, " }", true);
            of("Nearest", format!("VectorInternal::Sparse({sparse})"))
        }
        Score::Recommend { positive, negative, strategy: Strategy::AverageVector } => {
            let mean = |examples: &[Example], named: &mut Named| {
                let all: Vec<String> = examples.iter().map(|e| plain(e, named)).collect();
                group("mean(&[", &all, "])", true)
            };
            let mut vector = mean(positive, named);
            if !negative.is_empty() {
                let negative = mean(negative, named);
                vector = format!("{vector}.iter().zip({negative}).map(|(p, n)| 2.0 * p - n).collect()");
            }
            of("Nearest", format!("VectorInternal::Dense({vector})"))
        }
        Score::Recommend { positive, negative, strategy } => {
            let kind = if *strategy == Strategy::SumScores { "RecommendSumScores" } else { "RecommendBestScore" };
            of(kind, group("RecommendQuery::new(", &[list(positive, named), list(negative, named)], ")", true))
        }
        Score::Discover { target, context } => {
            let arguments = [dense(target, named), pairs(context, named)];
            of("Discover", group("DiscoverQuery::new(", &arguments, ")", true))
        }
        Score::Context(context) => of("Context", format!("ContextQuery::new({})", pairs(context, named))),
        Score::Sum { distance, factor } => {
            let score = |at: usize| format!("Expression::Variable(\"$score[{at}]\".into())");
            let dense = if *distance { format!("Expression::Neg(Box::new({}))", score(0)) } else { score(0) };
            let sparse = format!("Expression::Mult(vec![Expression::Constant({}), {}])", float(*factor), score(1));
            let sum = group("Expression::Sum(vec![", &[dense, sparse], "])", true);
            let defaults = "[(\"$score[0]\".into(), 0.0.into()), (\"$score[1]\".into(), 0.0.into())].into()";
            let members = [format!("formula: {sum}"), format!("defaults: {defaults}")];
            format!("ScoringQuery::Formula({}.try_into()?)", group("Formula { ", &members, " }", true))
        }
    }
}
