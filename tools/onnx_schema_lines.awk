# src/onnx/onnx_schemas.tsv as C initialisers, one a line: with sets=1 its named sets { "S0", "..." }, in their order; else
# its operators grouped by name, { "onnx::Conv", "line\n" "line\n" }: the caller sorts them.
BEGIN { FS = "\t" }
sets && /^=/ { printf "{ \"%s\", \"%s\" },\n", substr($1, 2), $2 }
!sets && !/^=/ {
	text = $0
	sub(/^[^\t]*\t/, "", text)
	gsub(/\t/, "\\t", text)
	lines[$1] = lines[$1] " \"" text "\\n\""
}
END {
	for (name in lines)
		printf "{ \"%s\",%s },\n", name, lines[name]
}
