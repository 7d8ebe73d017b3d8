# ferry: `make` builds build/ferry; `make help` lists the rest. Variants: make V=debug, make V=asan.
V ?= release
PREFIX ?= /usr/local
PYTHON ?= python3
BUILD := build$(if $(filter-out release,$(V)),/$(V))
VERSION := $(shell sed -n 's/^\#define FERRY_VERSION "\(.*\)"/\1/p' include/ferry.h 2>/dev/null)
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2) --output-sync=target
endif
CFLAGS_release := -O2 -g
CFLAGS_debug := -O0 -g
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DFY_SANITIZE
CFLAGS_asan := $(SANITIZE) -Wno-format-truncation -Wno-maybe-uninitialized
CFLAGS_fuzz := $(SANITIZE) -fsanitize=fuzzer-no-link
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
OPENMP := $(if $(findstring clang,$(CC)),,-fopenmp)
CFLAGS += -std=gnu11 $(OPENMP) $(CFLAGS_$(V)) $(WARN)
CPPFLAGS += -Isrc -Iinclude -I$(BUILD)/gen -MMD -MP -D_GNU_SOURCE
# Commands are shown by their target alone; make W=1 shows them whole.
say = $(if $(W),,@echo "  $1 $@";)
LDLIBS := -ldnnl -lz -lm -lpthread -ldl

SRC := $(sort $(wildcard src/*/*.c))
OBJ := $(SRC:src/%.c=$(BUILD)/obj/%.o)
LIBOBJ := $(filter-out $(BUILD)/obj/cli/%,$(OBJ))
CLIOBJ := $(filter $(BUILD)/obj/cli/%,$(OBJ))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAY := $(FUZZ:%=$(BUILD)/replay/%)
CODE := $(wildcard src/*/*.[ch] src/*/*.inc include/*.h tests/unit/*.[ch] tests/fuzz/*.[ch])

all: $(BUILD)/ferry ## build the program: build/ferry (default)

$(BUILD)/ferry: $(CLIOBJ) $(BUILD)/libferry.a
	$(call say,LD) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/libferry.a: $(LIBOBJ)
	$(call say,AR) rm -f $@; ar rcs $@ $^
$(BUILD)/obj/%.o: src/%.c | deps
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
# Loops over elements become vectors; nobody reads errno or floating-point exceptions there.
$(BUILD)/obj/kernels/%.o: CFLAGS += $(if $(filter release,$(V)),-O3 -fno-math-errno -fno-trapping-math) -ffp-contract=off
$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libferry.a | deps-test
	@mkdir -p $(@D)
	$(call say,LD) $(CC) $(CPPFLAGS) -MF $@.d -MT $@ $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libferry.a -lcmocka $(LDLIBS)
# A fuzz target twice: with a main of its own that replays files, and (V=fuzz) with libFuzzer and what mutates its files.
$(BUILD)/replay/%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(BUILD)/libferry.a | deps
	@mkdir -p $(@D)
	$(call say,LD) $(CC) $(CPPFLAGS) -MF $@.d -MT $@ $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.a,$^) $(LDLIBS)
$(BUILD)/target/%: tests/fuzz/fuzz_%.c $(BUILD)/libferry.a | deps
	@mkdir -p $(@D)
	$(call say,LD) $(CC) $(CPPFLAGS) -MF $@.d -MT $@ $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $(filter %.c %.a,$^) $(LDLIBS)
$(BUILD)/target/zip $(BUILD)/target/convert: tests/fuzz/mutate_zip.c tests/fuzz/mutate_text.c
$(BUILD)/target/script: tests/fuzz/mutate_script.c tests/fuzz/mutate_text.c
$(BUILD)/target/onnx: tests/fuzz/mutate_onnx.c
# These look at what the library asks of the system, and refuse it.
comma := ,
$(BUILD)/unit/test_api_memory $(BUILD)/unit/test_api_io: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,malloc calloc realloc free)
$(BUILD)/unit/test_api_io: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,open fstat stat mmap write fsync close rename)

# The schema table sorted by name, and the list of operator records found in src/ops (rewritten only when it changes).
$(BUILD)/gen/schema_lines.inc: src/ops/schemas.tsv tools/schema_lines.awk
	@mkdir -p $(@D)
	awk -f tools/schema_lines.awk $< | LC_ALL=C sort >$@.new && mv $@.new $@
$(BUILD)/gen/ops.list: FORCE
	@mkdir -p $(@D)
	@sed -n 's/^const fy_op \(fy_[A-Za-z0-9_]*\) = {$$/FY_RECORD(\1)/p' src/ops/*.c | LC_ALL=C sort >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
$(BUILD)/gen/onnx.list: FORCE
	@mkdir -p $(@D)
	@sed -n 's/^const fy_onnx_op \(fy_onnx_op_[a-z0-9_]*\) = {$$/FY_RECORD(\1)/p' src/onnx/*.c | LC_ALL=C sort >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
$(BUILD)/gen/onnx_schema_lines.inc: src/onnx/onnx_schemas.tsv tools/onnx_schema_lines.awk
	@mkdir -p $(@D)
	awk -f tools/onnx_schema_lines.awk $< | LC_ALL=C sort >$@.new && mv $@.new $@
$(BUILD)/gen/onnx_schema_sets.inc: src/onnx/onnx_schemas.tsv tools/onnx_schema_lines.awk
	@mkdir -p $(@D)
	awk -f tools/onnx_schema_lines.awk -v sets=1 $< >$@.new && mv $@.new $@
$(BUILD)/obj/onnx/onnx_schema.o: $(BUILD)/gen/onnx_schema_lines.inc $(BUILD)/gen/onnx_schema_sets.inc
$(BUILD)/obj/onnx/onnx_table.o: $(BUILD)/gen/onnx.list
$(BUILD)/obj/ops/schema_table.o: $(BUILD)/gen/schema_lines.inc
$(BUILD)/obj/ops/table.o: $(BUILD)/gen/ops.list

deps: ## install what a build needs (Debian: by apt; elsewhere it is listed)
	@tools/deps build
deps-test: deps
	@tools/deps test
onnxruntime: deps-test
	@tools/onnxruntime

test: $(BUILD)/ferry $(UNIT) $(REPLAY) onnxruntime ## run all tests (also: make V=asan test)
	@tests/run $(BUILD)
unit: $(UNIT) ## run the unit tests alone
	@tests/run $(BUILD) unit
cli: $(BUILD)/ferry onnxruntime ## run the command line transcripts alone
	@tests/run $(BUILD) cli
bless: $(BUILD)/ferry onnxruntime ## accept what the commands print now as what the transcripts expect
	@tests/run $(BUILD) bless
replay: $(REPLAY) ## give the seeds and finds of the fuzz targets to them once more
	@tests/run $(BUILD) replay
faults: $(BUILD)/ferry $(UNIT) ## let every request for memory and every call of the system fail, kill at every moment
	@tests/faults/run $(BUILD)
	@tests/faults/pair $(BUILD)
fuzz: ## fuzz one part with libFuzzer: make fuzz TARGET=zip|pickle|script|onnx|convert SECONDS=60
	@tools/fuzz "$(TARGET)" "$(SECONDS)"
test-big: $(BUILD)/ferry ## test files past 2 and 4 GiB (some minutes, 6 GB of disk)
	@python3 tests/big/run $(BUILD)/ferry --folder $(BUILD)/big
bench: $(BUILD)/ferry ## measure large files (4.3 GB, some minutes); PYTHON with torch and onnx: their times, too
	@$(PYTHON) bench/run $(BUILD)/ferry --folder $(BUILD)/bench
agreement: $(BUILD)/ferry ## compare with onnx.checker (PYTHON=python3 with onnx; AGREE=--mutate damages the models)
	@$(PYTHON) tools/onnx_agreement.py $(BUILD)/ferry $(AGREE)
demo: $(BUILD)/ferry ## convert and verify a sample network
	@tools/demo $(BUILD)/ferry

check-layers: ## check who includes whom, against docs/rooms.txt
	@tools/check-layers
format: ## lay the sources out with clang-format
	clang-format -i $(CODE)
format-check: ## fail when clang-format would change something
	clang-format --dry-run --Werror $(CODE)

install: $(BUILD)/ferry ## install below PREFIX (/usr/local); DESTDIR is put in front
	install -D -m 755 $(BUILD)/ferry $(DESTDIR)$(PREFIX)/bin/ferry
	install -D -m 644 $(BUILD)/libferry.a $(DESTDIR)$(PREFIX)/lib/libferry.a
	install -D -m 644 include/ferry.h $(DESTDIR)$(PREFIX)/include/ferry.h
	install -D -m 644 docs/ferry.1 $(DESTDIR)$(PREFIX)/share/man/man1/ferry.1
	install -D -m 644 tools/completion.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ferry
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/ferry/LICENSE
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	sed 's,@PREFIX@,$(PREFIX),;s,@VERSION@,$(VERSION),;s,@LIBS@,$(LDLIBS),' tools/ferry.pc.in \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/ferry.pc

clean: ## remove everything built
	rm -rf build
help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r a b; do printf '%-22s%s\n' "$$a" "$$b"; done
.PHONY: FORCE all deps deps-test onnxruntime test unit cli bless agreement replay faults fuzz test-big bench demo check-layers format format-check install clean help
-include $(OBJ:.o=.d) $(UNIT:=.d) $(REPLAY:=.d) $(wildcard $(BUILD)/target/*.d)
