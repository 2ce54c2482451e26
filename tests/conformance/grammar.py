"""Programs of jq and documents for them, drawn by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "c", "key", "value"])
STRINGS = st.sampled_from(
    ["", "a", "b", "ab", "aXbX", "é😀", "1", "-1.5", "2015-03-05T23:51:47Z", "x y", "\n\t", "null"]
)
NUMBERS = st.sampled_from([0, 1, -1, 2, 3, 10, 1.5, -0.5, 1e3, 1e17, 100000, 1425599621])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | STRINGS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)

_INDEX = st.sampled_from(["0", "1", "-1", "5", "1.7", "null", '"a"'])
_PATHS = st.lists(
    st.one_of(
        KEYS.map(lambda key: f".{key}"),
        KEYS.map(lambda key: f".{key}?"),
        _INDEX.map(lambda index: f".[{index}]"),
        st.tuples(_INDEX, _INDEX).map(lambda ends: f".[{ends[0]}:{ends[1]}]"),
        st.sampled_from([".[]", ".[]?", ".[1:]", ".[:-1]", ".[]?"]),
    ),
    min_size=1,
    max_size=3,
).map("|".join)
_CONSTANTS = st.one_of(
    NUMBERS.map(repr), STRINGS.map(lambda text: '"' + text.replace("\n", "\\n").replace("\t", "\\t") + '"'),
    st.sampled_from(["null", "true", "false", "[]", "{}", "[1,2]", '{"a":1}']),
)  # fmt: skip
_PLAIN = st.sampled_from(
    """length keys keys_unsorted type not tostring tojson tonumber add any all min max sort unique reverse flatten floor
    sqrt abs to_entries from_entries tostream ascii_downcase ascii_upcase explode implode transpose trim ltrim rtrim
    first last values nulls numbers strings arrays objects iterables scalars paths isempty(.[]) utf8bytelength
    @text @json @csv @tsv @html @uri @sh @base64 @base64d todate fromdate gmtime mktime ascii_downcase
    combinations env|type input_line_number? recurse tojson|fromjson toboolean isnormal isnan getpath(["a","b"])
    splits(",") ceil round fabs trunc significand logb frexp modf not""".replace("\n", " ").split()
)  # fmt: skip
_ONE = st.sampled_from(
    """map({}) map_values({}) select({}) sort_by({}) group_by({}) unique_by({}) min_by({}) max_by({}) any({}) all({})
    with_entries({}) first({}) last({}) limit(2;{}) skip(1;{}) walk({}) recurse({}?;.!=null)
    [{}] [.[]?|{}] has({}) contains({}) inside({}) indices({}) index({}) rindex({}) startswith({}) endswith({})
    ltrimstr({}) rtrimstr({}) trimstr({}) join({}) split({}) test({}) nth(1;{}) flatten({}) isempty({})
    add({}) error({}) until(true;{}) splits({}) range({}) tojson|{} try({})catch(.) ({})? -({}) in({}) bsearch({})
    truncate_stream(1;{}|tostream)? getpath({}) delpaths([[{}]]) strftime({}) input?//{} reduce({})as$x(0;.+$x)
    reduce({})as$x(null;$x) [foreach({})as$x(0;.+1;[$x,.])] to_entries|{} match({}) capture({}) scan({})
    label$out|{}|.,break$out @base64"\\({})" ({})as[$a]|$a ({})as{{a:$b}}|$b ({})as[$a]?//$a|[$a]""".replace(
        "\n", " "
    ).split()
)  # fmt: skip
_TWO = st.sampled_from(
    """({}),({})@({})|({})@({})+({})@({})-({})@({})*({})@({})/({})@({})%({})@({})==({})@({})<({})@({})>=({})@({})and({})
    @({})or({})@({})//({})@if({})then({})else.end@[({}),({})]@{{a:({}),b:({})}}@"\\({})-\\({})"@setpath([{}];{})
    @sub({};{})@gsub({};{})@range({};{})@ltrimstr({})|{}@test({};{})@IN({};{})@limit(3;{},{})@while({}|not;{}|null)
    @try({})catch({})@[limit(3;repeat({}))]|{}""".replace("\n", " ").split("@")
)  # fmt: skip
#: Built-ins whose argument must be a path.
_OF_PATHS = st.sampled_from(
    ["del({})", "path({})", "[paths({})]", "pick({})", "[path(..|{}?)]", "first({})|=1", "limit(1;{})=2", "del(..|{}?)"]
)
_UPDATE = st.sampled_from(["=", "|=", "+=", "-=", "*=", "/=", "%=", "//="])
PROGRAMS = st.recursive(
    st.one_of(st.just("."), _PATHS, _CONSTANTS, _PLAIN, st.just("..")),
    lambda inner: st.one_of(
        st.tuples(_ONE, inner).map(lambda parts: parts[0].format(parts[1])),
        st.tuples(_TWO, inner, inner).map(lambda parts: parts[0].strip().format(*parts[1:])),
        st.tuples(_PATHS, _UPDATE, inner).map(lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"),
        st.tuples(_OF_PATHS, _PATHS).map(lambda parts: parts[0].format(parts[1])),
    ),
    max_leaves=5,
)
