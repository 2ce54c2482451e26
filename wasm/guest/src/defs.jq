def halt_error($exit_code): halt_with($exit_code);
def halt_error: halt_with(5);
def tostring: if isstring then . else tojson end;
def @text: tostring;
def localtime: gmtime;
def strflocaltime($format): strftime($format);
def ascii: [.] | implode;
def toarray: if isarray then . else [.] end;
def trimstr($x): ltrimstr($x) | rtrimstr($x);
def INDEX(stream; f): reduce stream as $row ({}; . + {($row | f | tostring): $row});
def INDEX(f): INDEX(.[]; f);
def IN(stream): . as $x | any(stream; . == $x);
def IN(source; stream): any(source; IN(stream));
def @csv:
  if isarray then
    [ .[] | if isstring then "\"" + (. / "\"" | join("\"\"")) + "\""
            elif isnumber or isboolean then tostring
            elif . == null then ""
            else error("\(type) (\(tojson)) is not valid in a csv row") end ] | join(",")
  else error("\(type) (\(tojson)) cannot be csv-formatted, only an array can be") end;
def @tsv:
  if isarray then
    [ .[] | if isstring then . / "\\" | join("\\\\") | . / "\t" | join("\\t") | . / "\n" | join("\\n") | . / "\r" | join("\\r")
            elif isnumber or isboolean then tostring
            elif . == null then ""
            else error("\(type) (\(tojson)) is not valid in a tsv row") end ] | join("\t")
  else error("\(type) (\(tojson)) cannot be tsv-formatted, only an array can be") end;
