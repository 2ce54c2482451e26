"""Programs of jq and documents for them, drawn by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "c", "key", "value"])
STRINGS = st.sampled_from(
    ["", "a", "b", "ab", "aXbX", "é😀", "1", "-1.5", "2015-03-05T23:51:47Z", "x y", "\n\t", "null", "foo, bar,baz",
     "[1,{\"a\":2}]", " a ", "nan", "YWI=", "%C3%A9", "aAbB", "10:20"]
)  # fmt: skip
NUMBERS = st.sampled_from([0, 1, -1, 2, 3, 10, 1.5, -0.5, 1e3, 1e17, 100000, 1425599621, 1425599621.678, -3])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | STRINGS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)

_INDEX = st.sampled_from(["0", "1", "-1", "5", "1.7", "null", '"a"', "nan", "-5", "[1]", '{"start":1}'])
_PATHS = st.lists(
    st.one_of(
        KEYS.map(lambda key: f".{key}"),
        KEYS.map(lambda key: f".{key}?"),
        KEYS.map(lambda key: f'."{key}"'),
        _INDEX.map(lambda index: f".[{index}]"),
        st.tuples(_INDEX, _INDEX).map(lambda ends: f".[{ends[0]}:{ends[1]}]"),
        st.sampled_from(
            """.[] .[]? .[1:] .[:-1] .[]? first last first(.[]) last(.[]) limit(1;.[]) skip(1;.[]?) .. recurse
            (.a,.b) (.a//.b) select(.) if(.)then(.a)else(.b)end getpath(["a","b"]) getpath([0,"a"]) empty
            (.[]|select(type=="number")) .a.b .a[0] .[0].b (.a|.b)? .[-1:] recurse(.[]?;.!=null) paths(..)
            (label$f|.[]?|.,break$f) error(1) nth(1) nth(1;.[]?)
            (.[]as$x|.) to_entries map(.) to_entries[] (try(.a)catch(.b)) until(true;.a) input? null .[[0]]
            del(.a) (. as[$a]?//$a|.a) ltrimstr("a") (.[0],.[1]) .[-1,0] .["a","b"] .[:1,2]""".split()
        ),
    ),
    min_size=1,
    max_size=3,
).map("|".join)  # fmt: skip
_CONSTANTS = st.one_of(
    NUMBERS.map(repr), STRINGS.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'),
    st.sampled_from(["null", "true", "false", "[]", "{}", "[1,2]", '{"a":1}', "nan", "infinite", "-infinite", "empty",
     "[[0],[1]]", '["a"]', '[["a"],["b",0]]', "[3,1,2,1]", '{"start":1,"end":null}', '[{"key":"a","value":1}]',
     "-0", "1e1000", "100000000000000000000", "0.10", "[0,[1,[2]]]"]),
)  # fmt: skip
_PLAIN = st.sampled_from(
    """length keys keys_unsorted type not tostring tojson tonumber add any all min max sort unique reverse flatten floor
    sqrt abs to_entries from_entries tostream ascii_downcase ascii_upcase explode implode transpose trim ltrim rtrim
    first last values nulls numbers strings arrays objects iterables scalars paths isempty(.[]) utf8bytelength
    @text @json @csv @tsv @html @uri @urid @sh @base64 @base64d todate fromdate gmtime mktime ascii_downcase
    combinations env|type input_line_number? recurse tojson|fromjson toboolean isnormal isnan getpath(["a","b"])
    splits(",") ceil round fabs trunc significand logb frexp modf not fromjson localtime|mktime gmtime|todate
    gmtime|mktime todateiso8601 fromdateiso8601 isinfinite isvalid(.a)?
    exp2 exp10 log2 gamma lgamma lgamma_r tgamma cbrt finites normals error error(null) $__loc__ objects[]
    booleans input_filename splits("a";"g") ascii(65)? getpath([]) delpaths([]) paths(type=="number")
    [paths(..)] leaf_paths? pick(.a)? pick(first)? debug stderr input_line_number have_literal_numbers have_decnum
    tostream|tojson fromstream(tostream) [truncate_stream(1;tostream)] limit(0;error) limit(-1;.) skip(-1;.) nth(-1;.)
    walk(.) walk(numbers|=.+1) env.PAGER $ENV.PAGER|type ltrimstr(1) rtrimstr(1) trimstr("a")
    with_entries(.) with_entries(.value|=tostring) map_values(.) map_values(empty) map(.) splits(null) flatten(-1)
    flatten(1) range(3) range(5;0;-2) range(0;1;0.3) implode? @json"x\\(.)" @text"a\\(.)b" @csv"\\([.])" @html"<\\(.)>"
    @uri"?\\(.)" @sh"e\\(.)" @base64"\\(.)" combinations(2) group_by(.) unique_by(length) sort_by(.a) sort_by(.a,.b)
    min_by(.a) max_by(.b) getpath(["a",0]) to_entries|from_entries group_by(.a)|map(length) INDEX(.a) IN(1,2)
    add(.[].a) any(.[];.) all(.[];.) ..|numbers [..] [.[]?] [.[]?|length?] .[]? infinite|floor nan>nan nan<nan [nan]|sort
    [nan]|tojson [infinite,-infinite]|tojson @text"\\(nan)" nan|tostring infinite|tostring tojson|tojson builtins|length>200
    splits("a+") test("a") test("A";"i") match("b")|.offset [match("";"g").offset] capture("(?<x>a)(?<y>b)?") gsub("a";"b")
    sub("(?<x>.)";"<\\(.x)>") gsub("(?<x>[a-z])";"\\(.x|ascii_upcase)") gsub("^";">") gsub("$";"<") gsub("";"-")
    [scan("[a-z]")] [scan("([a-z])([A-Z])")] split(",\\\\s*";null) [splits(",\\\\s*")] ascii_downcase|test("x")
    ltrimstr("a")|rtrimstr("b") indices("a") index("b") rindex("b") indices(1) indices([1]) inside("abc") limit(1;.[]?)
    first(range(10;0;-1)) until(.>100;.*2)? [while(.<10;.+3)?] [limit(5;repeat(.))] [recurse(if.<3then.+1else(empty)end)?]
    strptime("%Y-%m-%dT%H:%M:%SZ") strptime("%H:%M") strftime("%Y-%m-%dT%H:%M:%SZ") strftime("%A,%B%d,%Y") strftime("%j%U%w")
    strftime("%e|%k|%l|%I%p") strftime("%c") strftime("%D%T%R%F") strftime("%s") strftime("%G-W%V-%u") strftime("%y%C%h%b%a%%n")
    strflocaltime("%H:%M%Z%z") strftime([]) mktime|gmtime strptime("%Y-%m-%dT%H:%M:%SZ")|mktime @sh"\\(.[]?)" tojson|.[0:5]
    getpath(["a"])|=3 del(.[0,1]) del(.[1:]) del(.a,.b) del(..|select(.==1)) delpaths([["a"],["b"]]) to_entries[0].key
    ltrimstr("x","a") splits("a","b") @json|@sh .[2:4]=[] .[2:4]|=[0] .[1:]+=[1] try(error("x"))catch(.) try(error)catch(.)
    try(error({a:1}))catch(.a) error(null)? (.a,.b)=1 (.a|.b)|=2 .a+=1 .a-=1 .a*=2 .a/=2 .a%=2 .a//=1 .[]+=1 .[0]|=empty
    .a|=empty .[]|=empty (.[]|select(.==1))|=empty .a.b|=empty .a[1]|=empty .[-1]|=empty .[0:1]|=empty ..|=. ..|=(numbers|.+1)
    tojson|fromjson|tojson bsearch(1) bsearch(0,5) getpath(["a",1,"b"]) splits("(?<n>,)") ascii_upcase|explode|implode
    significand|tojson ldexp(.;2)? scalb(.;1)? nearbyint trunc|tojson pow(.;2) atan2(.;1) fmin(.;1) fma(.;2;3) log exp sin
    drem(.;3) .*"ab"? "ab"*.? .%3 7%. ./2 1/. .-1 1-. -. [.]-[.] .+. .*. {a:1}*. .==. [.]|contains([.]) contains(.) inside(.)
    limit(3;.[]?,1) ([.[]?]|add) @text|length tostring|tonumber? toboolean? tonumber|tostring ltrimstr("1")|tonumber
    $__prog_args? get_search_list input? [inputs] modulemeta? splits(1) getpath(1) paths(1) error(error(1)) abs|tojson
    have_literal_numbers|not trimstr(1) add(empty) add(.[]?,1) pick(.[0]) pick(.a.b) pick(.[-1])? pick(.[1:]) limit(nan;.)
    tojson|@base64|@base64d @base64d|@base64 @uri|@urid @urid|@uri ascii? getpath(["a","b"])=5 input_line_number|type
    splits("[, ]+") [match("(a)|(b)";"g")|.captures|map(.string)] [match("(?<a>x)?y*";"g").captures[].name] test(["a","i"])
    [match("a";null).length] capture("(?<y>\\\\d+)-(?<m>\\\\d+)") sub("a";"b";"g") sub("a";"1","2") gsub("a|b";"x","y")
    gsub("(?<d>\\\\d)";"<\\(.d)>") gsub("\\\\s+";" ") ascii_downcase|gsub("[aeiou]";"") [scan("\\\\w+")] [scan(["A","gi"])]
    split("") split("a") split(", ") join(",") join("") map(tostring)|join("-") [.[]?|strings]|join(",")""".split()
)  # fmt: skip
_ONE = st.sampled_from(
    """map({}) map_values({}) select({}) sort_by({}) group_by({}) unique_by({}) min_by({}) max_by({}) any({}) all({})
    with_entries({}) first({}) last({}) limit(2;{}) skip(1;{}) walk({}) recurse({}?;.!=null)
    [{}] [.[]?|{}] has({}) contains({}) inside({}) indices({}) index({}) rindex({}) startswith({}) endswith({})
    ltrimstr({}) rtrimstr({}) trimstr({}) join({}) split({}) test({}) nth(1;{}) flatten({}) isempty({})
    add({}) error({}) until(true;{}) splits({}) range({}) tojson|{} try({})catch(.) ({})? -({}) in({}) bsearch({})
    truncate_stream(1;{}|tostream)? getpath({}) delpaths([[{}]]) delpaths({}) strftime({}) strptime({}) input?//{}
    reduce({})as$x(0;.+$x) reduce({})as$x(null;$x) [foreach({})as$x(0;.+1;[$x,.])] to_entries|{} match({}) capture({})
    scan({}) label$out|{}|.,break$out @base64"\\({})" ({})as[$a]|$a ({})as{{a:$b}}|$b ({})as[$a]?//$a|[$a]
    def$f:{};$f? def~f:{};f|f def~f($a):$a+1;f({}) def~f(g):[g|g];f({}) def~f:if(type=="array")then(.[]|f)else({})end;f
    ({})as$x|[$x,.] ({})as[$a,{{b:$c}}]|[$a,$c] ({})as{{a:$x,b:[$y]}}|{{x:$x,y:$y}} ({})as{{$a,b:$c}}?//[$a,$c]|[$a,$c]
    ({})as{{("a","b"):$v}}|$v reduce({})as[$a,$b](0;.+$a) foreach({})as$x(0;$x;.) foreach({})as$x(0;$x,1) reduce.[]?as$x(0;{})
    foreach.[]?as$x(.;{};[$x,.]) reduce({})as$x(.;empty) [limit(3;{})] [skip(2;{})] [first({})] isempty({}) [.[]?]|sort_by({})
    fromjson|{} ({})|tojson ({})|fromjson ({})|@text ({})|@sh ({})|@csv ({})|@tsv ({})|@json ({})|@uri ({})|@html
    ({})|tostring ({})|explode ({})|implode ({})|todate ({})|gmtime ({})|mktime ({})|tojson|length ({})|abs
    ({})|not ({})|keys ({})|add ({})|length ({})|flatten(1) ({})|tostream ({})|to_entries ({})|from_entries ({})|min ({})|sort
    ({})|unique ({})|transpose ({})|trim ({})|splits(",") ({})|ascii_downcase ({})|tonumber ({})|type ({})|paths [..|{}]
    {{a:{}}} {{({}):1}} {{"a":{},b}} {{a,b:({})}} {{"x\\({})":1}} {{@json"a":{}}} {{$__loc__,a:({})}} ."a"[{}]? .[{}] .[{}]? .[{}:] .[:{}]
    if({})then(1)elif(.a?)then(2)end if({})then(1)end if(.)then({})end ({})and(true) (false)or({}) ({})//1 [{}]|implode
    IN({}) INDEX({}) getpath([{}]) setpath([{}];1) setpath({};1) pick({})? paths({}) del({})? path({})? [path({})]? ({})|=1? ({})=1?
    ({})|=empty? ({})+=1? to_entries|map({}) with_entries(.value={}) with_entries(select({})) env|{} ltrimstr({})|rtrimstr({})
    [splits({};"g")]? test({};"x")? sub({};"x")? gsub("a";{})? gsub("(?<x>a)";"\\({})") sub("(?<x>.)";{}) ascii({})?
    try({})catch(if(type=="string")then(.[:20])else(.)end) [.[]?|try({})catch("E")] error({})? try(error({}))catch(.) (try({})catch(.))|type
    limit({};1,2) skip({};1,2) nth({}) nth({};1,2) range({};3) range(0;3;{})|tojson until({};.) while({};empty) repeat({};empty)?
    [limit(4;repeat({}))] [limit(4;recurse({}))] combinations({})? [{},{}]|combinations? walk(if(type=="number")then({})else(.)end)
    ({})as$x|$x|{} label$f|foreach.[]?as$x(0;.+1;if(.>1)then(.,break$f)else({})end) first({},1) isempty({},error) all({};.) any({};.)
    getpath(["a"],{})? pow({};2) ldexp({};1) fmax({};0) @json"v:\\({})" @csv"\\({})" @sh"\\({})" "\\({})" "\\({})\\(.)" "a"+({})|{}
    tojson|test({})? ({})|strptime("%Y-%m-%d")? ({})|strftime("%Y") ({})|ltrimstr("a") ({})|test("a")
    ({})|[match("a*";"g").string] ({})|sub("a";"b") ({})|@base64 ({})|@base64d ({})|debug ({})|has("a") ({})|has(0)
    ({})|contains("a") ({})|contains([1]) ({})|inside([1,2]) ({})|indices(1) ({})|.[0] ({})|.[1:] ({})|.a ({})|.[]
    ({})|.[]? ({})|..|numbers ({})*2 2*({}) ({})/2 2/({}) ({})%2 5%({}) 1-({}) ({})-1 null+({}) ({})*"ab" ({})==1 ({})<"a" .[{}]=1
    .[{}]|=empty .[{}:]=[1] tojson|{}|fromjson? {{}}|{} [] |{} "a,b"|{} 5|{} null|{} [1,[2]]|{} {{"a":{{"b":1}}}}|{}""".replace(
        "\n", " "
    ).split()
).map(lambda form: form.replace("~", " "))  # fmt: skip
_TWO = st.sampled_from(
    """({}),({})@({})|({})@({})+({})@({})-({})@({})*({})@({})/({})@({})%({})@({})==({})@({})<({})@({})>=({})@({})and({})
    @({})or({})@({})//({})@if({})then({})else.end@[({}),({})]@{{a:({}),b:({})}}@"\\({})-\\({})"@setpath([{}];{})
    @sub({};{})@gsub({};{})@range({};{})@ltrimstr({})|{}@test({};{})@IN({};{})@limit(3;{},{})@while({}|not;{}|null)
    @try({})catch({})@[limit(3;repeat({}))]|{}@{{({}):({})}}@.[{}:{}]@.[{}]=({})@.[{}]|=({})@reduce({})as$x({};.)
    @reduce({})as$x(0;{})@foreach({})as$x({};$x)@foreach({})as[$a,$b](0;{};[.,$a])@({})as$x|({})as$y|[$x,$y]
    @({})as[$a]?//{{a:$a}}|({})@[({})as[$a]?//$a|if($a|type)=="number"then({})else(error)end]@first({},{})@any({};{})
    @all({};{})@INDEX({};{})@limit({};{})@skip({};{})@nth({};{})@until(({})|true;{})@recurse({};false),({})@path({},{})?
    @[path({}|{})]?@(({}),({}))|=1?@({}|{})|=3?@({})//=({})?@({})+=({})?@({})=({})?@({})|=({})?@del({},{})?@pick({},{})?
    @getpath([{},{}])@setpath([{},{}];1)@delpaths([[{}],[{}]])@pow({};{})@atan2({};{})@splits({};{})?@split({};{})@scan({};{})
    @match({};{})@capture({};{})@({})|has({})@({})|contains({})@({})|inside({})@({})|index({})@({})|join({})@({})|split({})
    @({})|test({})@({})|[match({})]@({})|sub({};"z")@({})|startswith({})@({})|ltrimstr({})@({})|trimstr({})@({})|.[{}]
    @({})|.[{}:]@({})|strftime({})@({})|strptime({})@({})|getpath({})@({})|delpaths({})@({})|flatten({})@({})|range({})
    @({})|bsearch({})@({})|sort_by({})@({})|map({})@({})|to_entries[]|({})@({})|with_entries({})@({})|walk({})@({})|map_values({})
    @({})|group_by({})@({})|min_by({})@({})|tojson|.+({})@({})!=({})@({})>({})@({})<=({})@[({})?//({})]@def f(a;$b):a+$b;f({};{})
    @def f($a;$b):[$a,$b];f({};{})@def f(a;b):a|b;f({};{})@label $f|({}),(({})|break $f)@"\\({})\\({})\\(.)"@%json "\\({}),\\({})"
    @{{a:({}),"b\\({})":1}}@{{"a":({})}}|.a as $a|({})@combinations({},{})?@[{},{}]|transpose@[{},{}]|add@[{},{}]|sort|tojson
    @[{},{}]|unique@[{},{}]|min@[{},{}]|group_by(.)@[{},{}]|implode@[{},{}]|join("-")@[{},{}]|from_entries@[{},{}]|%csv
    @[{},{}]|%sh@[{},{}]|mktime@[{},{}]|flatten@[{},{}]|contains([1])@{{a:{},b:{}}}|to_entries@{{a:{},b:{}}}|tostream
    @{{a:{},b:{}}}|add@{{a:{},b:{}}}*{{a:{{c:1}}}}@{{a:{},b:{}}}|%json@{{a:{},b:{}}}|with_entries(.key|=ascii_upcase)""".replace("\n", " ").split("@")
).map(lambda form: form.strip().replace("%json", "@json").replace("%csv", "@csv").replace("%sh", "@sh"))  # fmt: skip
#: Built-ins whose argument must be a path.
_OF_PATHS = st.sampled_from(
    ["del({})", "path({})", "[paths({})]", "pick({})", "[path(..|{}?)]", "first({})|=1", "limit(1;{})=2", "del(..|{}?)",
     "[path({})]", "({})|=empty", "try(({})|=error)catch.", "({})|=(.,1)", "({})=(1,2)", "({})+=(1,2)", "to_entries|({})=1",
     "[.[]?|path({})?]", "[{}]", "[limit(3;{})]", "last({})|=1", "skip(1;{})|=1", "(({})//.z)=1", "path(({})?//.a)",
     "with_entries(({})?|=1)", "map(({})?=1)", "try(path({}))catch.", "[path(first({}),.a)]", "getpath([path({})][0]//[])"]
)  # fmt: skip


def _filled(parts: tuple[str, str]) -> str:
    """A form with a program in each of its places."""
    form, program = parts
    return form.format(*[program] * form.count("{}"))


_UPDATE = st.sampled_from(["=", "|=", "+=", "-=", "*=", "/=", "%=", "//="])
PROGRAMS = st.recursive(
    st.one_of(st.just("."), _PATHS, _CONSTANTS, _PLAIN, st.just("..")),
    lambda inner: st.one_of(
        st.tuples(_ONE, inner).map(_filled),
        st.tuples(_TWO, inner, inner).map(lambda parts: parts[0].strip().format(*parts[1:])),
        st.tuples(_PATHS, _UPDATE, inner).map(lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"),
        st.tuples(_OF_PATHS, _PATHS).map(lambda parts: parts[0].format(parts[1])),
    ),
    max_leaves=5,
)
