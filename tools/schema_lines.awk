# Groups the lines of src/ops/schemas.tsv by operator name, keeping their order within a name, as C initialisers
# { "name", "line\n" "line\n" }, one a line: the caller sorts them.
{
	name = $0
	sub(/\(.*/, "", name)
	sub(/\..*/, "", name)
	text = $0
	gsub(/\\/, "&&", text)
	gsub(/"/, "\\\\&", text)
	lines[name] = lines[name] " \"" text "\\n\""
}
END {
	for (name in lines)
		printf "{ \"%s\",%s },\n", name, lines[name]
}
