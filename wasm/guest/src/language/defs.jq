# Built-ins of jq 1.8 that are not native. A definition can call those before it; names with _ in front are ours.
def error(message): message | error;
def select(f): if f then . else empty end;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type == "array" or type == "object");
def scalars: select(type != "array" and type != "object");
def isfinite: type == "number" and (isinfinite | not);
def finites: select(isfinite);
def normals: select(isnormal);
def abs: if . < 0 then - . else . end;
def toarray: if type == "array" then . else [.] end;

# Generators
def range($upto): range(0; $upto);
def repeat(f): def rec: f, rec; rec;
def recurse(f): def rec: ., (f | rec); rec;
def recurse(f; cond): recurse(f | select(cond));
def _while(cond; update): def rec: if cond then ., (update | rec) else empty end; rec;
def _until(cond; update): def rec: if cond then . else update | rec end; rec;
def limit($count; f):
  if $count > 0 then label $out | foreach f as $item ($count; . - 1; $item, if . <= 0 then break $out else empty end)
  elif $count == 0 then empty
  else error("limit doesn't support negative count") end;
def skip($count; f):
  if $count > 0 then foreach f as $item ($count; . - 1; if . < 0 then $item else empty end)
  elif $count == 0 then f
  else error("skip doesn't support negative count") end;
def all(g; cond): isempty(g | cond and empty);
def any(g; cond): isempty(g | cond or empty) | not;
def all(cond): all(.[]; cond);
def any(cond): any(.[]; cond);
def all: all(.[]; .);
def any: any(.[]; .);
def nth($n; g): if $n < 0 then error("nth doesn't support negative indices") else first(skip($n; g)) end;
def first: .[0];
def last: .[-1];
def nth($n): .[$n];

# Collections
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def add(f): reduce f as $x (null; . + $x);
def add: add(.[]);
def sort_by(f): _sort_by(_keys(f));
def group_by(f): _group_by(_keys(f));
def unique_by(f): _unique_by(_keys(f));
def min_by(f): _min_by(_keys(f));
def max_by(f): _max_by(_keys(f));
def with_entries(f): to_entries | map(f) | from_entries;
def _flatten($depth): reduce .[] as $x ([];
  if ($x | type) == "array" and $depth != 0 then . + ($x | _flatten($depth - 1)) else . + [$x] end);
def flatten($depth): if $depth < 0 then error("flatten depth must not be negative") else _flatten($depth) end;
def flatten: _flatten(-1);
def transpose: [range(0; map(length) | max // 0) as $i | [.[][$i]]];
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $rest | [$x] + $rest end;
def combinations(n): . as $all | [range(n) | $all] | combinations;
def walk(f): def rec: if type == "object" then .[] |= rec elif type == "array" then [.[] | rec] else . end | f; rec;
def index($x): indices($x)[0];
def rindex($x): indices($x)[-1:][0];
def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] = $row);
def INDEX(f): INDEX(.[]; f);
def IN(stream): any(stream == .; .);
def IN(source; stream): any(source == stream; .);
def JOIN($index; f): [.[] | [., $index[f]]];
def JOIN($index; stream; f): stream | [., $index[f]];
def JOIN($index; stream; f; joined): stream | [., $index[f]] | joined;
def ascii: [.] | implode;

# Paths
def paths(f): path(.. | select(f)) | select(length > 0);
def del(f): delpaths([path(f)]);
def pick(f): . as $in | reduce path(f) as $path (null; setpath($path; $in | getpath($path)));
def tostream: path(def rec: (.[]? | rec), .; rec) as $path
  | getpath($path) | reduce path(.[]?) as $key ([$path, .]; [$path + $key]);
def fromstream(events): {x: null, e: false} as $init
  | foreach events as $event ($init;
      if .e then $init else . end
      | if ($event | length) == 2
        then setpath(["e"]; $event[0] | length == 0) | setpath(["x"] + $event[0]; $event[1])
        else setpath(["e"]; $event[0] | length == 1) end;
      if .e then .x else empty end);
def truncate_stream(events): . as $depth | null | events | . as $event
  | if (.[0] | length) > $depth then setpath([0]; $event[0][$depth:]) else empty end;

# Messages and the end of the run
def debug: _debug;
def debug(messages): (messages | debug | empty), .;
def stderr: _stderr;
def halt_error: halt_error(5);
def get_prog_origin: null;
def get_jq_origin: null;
def have_decnum: true;
def have_literal_numbers: true;

# Dates
def todate: todateiso8601;
def fromdate: fromdateiso8601;

# Regular expressions
def match(re; flags): _match(re; flags)[];
def match(re): _match(re)[];
def test(re; flags): _test(re; flags);
def test(re): _test(re);
def _captured: reduce (.captures[] | select(.name != null)) as $group ({}; .[$group.name] = $group.string);
def capture(re; flags): _match(re; flags)[] | _captured;
def capture(re): _match(re)[] | _captured;
def scan($re; $flags): _match($re; "g" + $flags)[] | if .captures == [] then .string else [.captures[].string] end;
def scan($re): scan($re; null);
def splits($re; $flags): _split($re; $flags + "g")[];
def splits($re): splits($re; null);
def split($re; $flags): _split($re; $flags + "g");
def sub($re; f; $flags): . as $text | _edits($re; $flags) as [$edits, $rest]
  | reduce $edits[] as [$gap, $captured] ([]; . as $results
      | [$captured | f] as $new
      | [range($new | length) as $i | $results[$i] + $gap + $new[$i]] + $results[$new | length:])
  | if . == [] then $text else .[] + $rest end;
def sub($re; f): sub($re; f; "");
def gsub($re; f; $flags): sub($re; f; $flags + "g");
def gsub($re; f): sub($re; f; "g");

# Formats
def format($name):
  if $name == "text" then tostring elif $name == "json" then tojson elif $name == "csv" then @csv
  elif $name == "tsv" then @tsv elif $name == "html" then @html elif $name == "uri" then @uri
  elif $name == "urid" then @urid elif $name == "sh" then @sh elif $name == "base64" then @base64
  elif $name == "base64d" then @base64d elif $name == "base32" then @base32 elif $name == "base32d" then @base32d
  elif ($name | type) == "string" then error("\($name) is not a valid format")
  else $name | error("\(type) (\(_quoted)) is not a valid format") end;
