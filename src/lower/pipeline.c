/*
 * The pipeline: every pass of lowering, in order, in one array. Each can be stopped after and printed.
 */
#include "lower/lower_internal.h"

#include <string.h>

static const struct pass {
	const char *name;
	fy_status (*run)(fy_pass_run *run);
	const char *purpose;
} pipeline[] = {
	{ "canonical", fy_pass_canonical, "remove dead nodes, unused results of If and Loop, decided Ifs" },
	{ "opset", fy_pass_opset, "choose the opset: what was asked for, or the least with plain forms" },
	{ "lower", fy_pass_nodes, "replace each ATen node by ONNX nodes" },
	{ "fold", fy_pass_fold, "evaluate nodes on constants when the result is small" },
	{ "tidy", fy_pass_tidy,
	  "remove nodes that change nothing, merge pairs of casts, transposes, reshapes" },
	{ "cse", fy_pass_cse, "keep the first of equal nodes and of equal small constants" },
	{ "fuse", fy_pass_fuse, "with --fuse: fold batch normalization into convolutions" },
	{ "prune", fy_pass_canonical, "remove what the passes before left dead or decided" },
	{ "outputs", fy_pass_outputs, "give each graph outputs of its own" },
	{ "names", fy_pass_names, "name nodes after modules, values after nodes" },
	{ "verify", fy_pass_verify, "check the graph that goes out" },
};

fy_status fy_pass_verify(fy_pass_run *run)
{
	return fy_graph_verify(run->graph, run->diags);
}

bool fy_lower_pass_at(int index, const char **name, const char **purpose)
{
	if (index < 0 || index >= (int)FY_COUNT(pipeline))
		return false;
	*name = pipeline[index].name;
	*purpose = pipeline[index].purpose;
	return true;
}

static const struct pass *find_pass(const char *name)
{
	for (size_t i = 0; i < FY_COUNT(pipeline); i++) {
		if (strcmp(pipeline[i].name, name) == 0)
			return &pipeline[i];
	}
	return NULL;
}

static fy_status check_pass_name(const char *name, fy_diags *diags)
{
	fy_buf names = { 0 };

	if (!name || strcmp(name, "all") == 0 || find_pass(name))
		return FY_OK;
	fy_error(diags, FY_USAGE, "pass-unknown", NULL, "there is no pass '%s'", name);
	for (size_t i = 0; i < FY_COUNT(pipeline); i++)
		fy_buf_printf(&names, "%s%s", i > 0 ? ", " : "", pipeline[i].name);
	fy_hint(diags, "passes are %s", fy_buf_text(&names));
	fy_buf_release(&names);
	return FY_USAGE;
}

/* A pass that breaks the graph is a bug of ferry; sanitizer builds find it at once. */
static void check_after(const fy_graph *graph, const char *name)
{
#ifdef FY_SANITIZE
	fy_diags diags = { 0 };

	if (fy_graph_verify(graph, &diags) != FY_OK)
		FY_BUG("after %s: %s", name, diags.items[0].message);
	fy_diags_clear(&diags);
#else
	(void)graph;
	(void)name;
#endif
}

static fy_status run_pass(const struct pass *pass, fy_pass_run *run)
{
	double start = fy_now();
	fy_lower_report *report = run->report;
	fy_status status;

	run->changes = 0;
	status = pass->run(run);
	FY_ASSERT(report->pass_count < FY_LOWER_MAX_PASSES);
	report->passes[report->pass_count++] = (fy_pass_report){ pass->name, run->changes, fy_now() - start };
	if (status == FY_OK)
		check_after(run->graph, pass->name);
	return status;
}

static void dump(const fy_pass_run *run, const char *name)
{
	const char *wanted = run->options->dump;

	if (!wanted || !run->options->dumped || (strcmp(wanted, "all") != 0 && strcmp(wanted, name) != 0))
		return;
	if (strcmp(wanted, "all") == 0)
		fy_buf_printf(run->options->dumped, "# after %s\n", name);
	fy_graph_print(run->graph, run->options->dumped);
}

fy_status fy_lower(fy_graph *graph, const fy_lower_options *options, fy_lower_report *report, fy_diags *diags)
{
	fy_lower_report own;
	fy_pass_run run = {
		.graph = graph, .options = options, .report = report ? report : &own, .diags = diags
	};
	double start = fy_now();

	*run.report = (fy_lower_report){ 0 };
	FY_TRY(check_pass_name(options->until, diags));
	FY_TRY(check_pass_name(options->dump, diags));
	check_after(graph, "capture");
	for (size_t i = 0; i < FY_COUNT(pipeline); i++) {
		FY_TRY(run_pass(&pipeline[i], &run));
		dump(&run, pipeline[i].name);
		run.report->seconds = fy_now() - start;
		if (options->until && strcmp(options->until, pipeline[i].name) == 0)
			break;
	}
	return FY_OK;
}

fy_status fy_lower_one_pass(fy_graph *graph, const char *name, const fy_lower_options *options,
			    fy_diags *diags)
{
	fy_lower_report report = { 0 };
	fy_pass_run run = { .graph = graph, .options = options, .report = &report, .diags = diags };
	const struct pass *pass;

	FY_TRY(check_pass_name(name, diags));
	pass = find_pass(name);
	FY_ASSERT(pass);
	report.opset = options->opset ? options->opset : graph->opset ? graph->opset : FY_ONNX_OPSET_MIN;
	report.ir_version = fy_onnx_ir_version(report.opset);
	return run_pass(pass, &run);
}
