/*
 * One comparison: judged, put into words, put into JSON. The classes of evidence are named in every one of
 * them.
 */
#include "prove/prove.h"

#include <math.h>
#include <string.h>

const char *fy_evidence_name(fy_evidence evidence)
{
	static const char *const names[] = { "independent", "crossed", "self" };
	return names[evidence];
}

const char *fy_verdict_name(fy_verdict verdict)
{
	static const char *const names[] = { "", "ok", "self-check", "weak", "failed" };
	return names[verdict];
}

static char *type_text(const fy_tensor *tensor)
{
	fy_buf text = { 0 };
	fy_buf_put_tensor_type(&text, tensor);
	char *kept = fy_strdup(fy_buf_text(&text));
	fy_buf_release(&text);
	return kept;
}

void fy_proof_add_note(fy_proof *proof, const char *format, ...)
{
	va_list args;
	fy_buf text = { 0 };
	if (proof->note)
		fy_buf_printf(&text, "%s\n", proof->note);
	va_start(args, format);
	fy_buf_vprintf(&text, format, args);
	va_end(args);
	fy_free(proof->note);
	proof->note = text.data;
}

static void judge_output(fy_output_check *check, const fy_outputs *side, int i, const fy_tensor *reference,
			 fy_tolerance tolerance)
{
	const char *name = i < side->count ? side->names[i] : NULL;
	fy_buf made = { 0 };
	fy_buf_printf(&made, "OUTPUT__%d", i);
	check->name = fy_strdup(name && *name ? name : fy_buf_text(&made));
	fy_buf_release(&made);
	if (i < side->count)
		check->type = type_text(side->tensors[i]);
	if (reference)
		check->reference_type = type_text(reference);
	if (i < side->count && reference)
		check->compare = fy_tensor_compare(side->tensors[i], reference, tolerance);
}

static fy_verdict judge(const fy_proof *proof)
{
	bool varied = proof->output_count == 0;
	for (int i = 0; i < proof->output_count; i++) {
		if (!proof->outputs[i].compare.comparable || !proof->outputs[i].compare.ok)
			return FY_VERDICT_FAILED;
		varied |= !proof->outputs[i].compare.constant;
	}
	if (!varied)
		return FY_VERDICT_WEAK;
	return proof->evidence == FY_SELF ? FY_VERDICT_SELF_CHECK : FY_VERDICT_OK;
}

void fy_proof_judge(fy_proof *proof, const fy_outputs *side, const fy_outputs *reference, const int *keep,
		    int keep_count, fy_tolerance tolerance)
{
	int expected = keep_count ? keep_count : reference->count;
	int count = expected > side->count ? expected : side->count;
	proof->outputs = fy_zalloc((size_t)(count + 1) * sizeof(*proof->outputs));
	proof->output_count = count;
	for (int i = 0; i < count; i++) {
		int from = keep_count && i < keep_count ? keep[i] : i;
		bool there = i < expected && from < reference->count;
		judge_output(&proof->outputs[i], side, i, there ? reference->tensors[from] : NULL, tolerance);
		const fy_compare *c = &proof->outputs[i].compare;
		if (c->mean > proof->mean || isnan(c->mean))
			proof->mean = c->mean;
		if (c->max > proof->max || isnan(c->max))
			proof->max = c->max;
	}
	proof->verdict = judge(proof);
	if (proof->verdict == FY_VERDICT_WEAK)
		fy_proof_add_note(proof, "weak evidence: every output is constant on these inputs");
}

void fy_proof_release(fy_proof *proof)
{
	for (int i = 0; i < proof->output_count; i++) {
		fy_free(proof->outputs[i].name);
		fy_free(proof->outputs[i].type);
		fy_free(proof->outputs[i].reference_type);
	}
	fy_free(proof->outputs);
	fy_free(proof->side);
	fy_free(proof->reference);
	fy_free(proof->note);
	*proof = (fy_proof){ 0 };
}

/* ---- words ---- */

static bool all_exact(const fy_proof *proof)
{
	for (int i = 0; i < proof->output_count; i++)
		if (!proof->outputs[i].compare.comparable || !proof->outputs[i].compare.exact)
			return false;
	return true;
}

static bool all_comparable(const fy_proof *proof)
{
	for (int i = 0; i < proof->output_count; i++)
		if (!proof->outputs[i].compare.comparable)
			return false;
	return true;
}

void fy_buf_put_proof(fy_buf *out, const fy_proof *proof)
{
	fy_buf_printf(out, "%s: %s vs %s: ", fy_evidence_name(proof->evidence), proof->side,
		      proof->reference);
	if (proof->output_count == 0)
		fy_buf_puts(out, proof->verdict == FY_VERDICT_FAILED ? "could not be run"
								     : "there are no outputs");
	else if (!all_comparable(proof))
		fy_buf_puts(out, "outputs differ in type or shape");
	else if (all_exact(proof))
		fy_buf_puts(out, "equal in every element");
	else
		fy_buf_printf(out, "mean %.1e, max %.1e", proof->mean, proof->max);
}

static void put_output(fy_buf *out, const fy_output_check *check)
{
	const fy_compare *c = &check->compare;
	fy_buf_puts(out, "  ");
	fy_buf_put_clean(out, check->name, strlen(check->name));
	if (!c->comparable) {
		fy_buf_printf(out, ": %s, the reference has %s\n", check->type ? check->type : "absent",
			      check->reference_type ? check->reference_type : "no such output");
		return;
	}
	fy_buf_printf(out, " %s: mean %.1e, max %.1e, relative %.1e, cosine %.9f, argmax agreement %.4f%%\n",
		      check->type, c->mean, c->max, c->relative, c->cosine, 100 * c->argmax_agree);
}

static void put_fault(fy_buf *out, const fy_output_check *check)
{
	const fy_compare *c = &check->compare;
	if (c->ok || !c->comparable)
		return;
	fy_buf_puts(out, "  ");
	fy_buf_put_clean(out, check->name, strlen(check->name));
	if (!c->nan_match)
		fy_buf_puts(out, ": NaN stands at other places");
	else
		fy_buf_printf(out,
			      ": %" PRId64 " of %" PRId64 " elements differ; worst at element %" PRId64
			      ": %.9g, not %.9g",
			      c->outside, c->count, c->worst, c->worst_a, c->worst_b);
	fy_buf_putc(out, '\n');
}

void fy_buf_put_proof_details(fy_buf *out, const fy_proof *proof, bool measures)
{
	for (int i = 0; i < proof->output_count; i++) {
		if (measures || !proof->outputs[i].compare.comparable)
			put_output(out, &proof->outputs[i]);
		put_fault(out, &proof->outputs[i]);
	}
	for (const char *line = proof->note; line && *line;) {
		size_t len = strcspn(line, "\n");
		fy_buf_puts(out, "  ");
		fy_buf_put_clean(out, line, len);
		fy_buf_putc(out, '\n');
		line += len + (line[len] == '\n');
	}
}

/* ---- JSON ---- */

static fy_json *output_json(const fy_output_check *check)
{
	const fy_compare *c = &check->compare;
	fy_json *json = fy_json_object();
	fy_json_set(json, "name", fy_json_str(check->name));
	fy_json_set(json, "type", fy_json_str(check->type));
	fy_json_set(json, "reference_type", fy_json_str(check->reference_type));
	fy_json_set(json, "ok", fy_json_bool(c->comparable && c->ok));
	if (!c->comparable)
		return json;
	fy_json_set(json, "exact", fy_json_bool(c->exact));
	fy_json_set(json, "nan_match", fy_json_bool(c->nan_match));
	fy_json_set(json, "constant", fy_json_bool(c->constant));
	fy_json_set(json, "elements", fy_json_int(c->count));
	fy_json_set(json, "outside", fy_json_int(c->outside));
	fy_json_set(json, "mean", fy_json_num(c->mean));
	fy_json_set(json, "max", fy_json_num(c->max));
	fy_json_set(json, "relative", fy_json_num(c->relative));
	fy_json_set(json, "cosine", fy_json_num(c->cosine));
	fy_json_set(json, "argmax_agreement", fy_json_num(c->argmax_agree));
	return json;
}

fy_json *fy_proof_json(const fy_proof *proof)
{
	fy_json *json = fy_json_object(), *outputs = fy_json_array();
	for (int i = 0; i < proof->output_count; i++)
		fy_json_add(outputs, output_json(&proof->outputs[i]));
	fy_json_set(json, "evidence", fy_json_str(fy_evidence_name(proof->evidence)));
	fy_json_set(json, "verdict", fy_json_str(fy_verdict_name(proof->verdict)));
	fy_json_set(json, "side", fy_json_str(proof->side));
	fy_json_set(json, "reference", fy_json_str(proof->reference));
	fy_json_set(json, "mean", fy_json_num(proof->mean));
	fy_json_set(json, "max", fy_json_num(proof->max));
	fy_json_set(json, "seconds", fy_json_num(proof->seconds));
	if (proof->note)
		fy_json_set(json, "note", fy_json_str(proof->note));
	fy_json_set(json, "outputs", outputs);
	return json;
}
