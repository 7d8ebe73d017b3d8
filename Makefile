# ferry: `make` builds build/ferry; `make help` lists the rest.
V ?= release
BUILD := build$(if $(filter-out release,$(V)),/$(V))
CC ?= gcc
CFLAGS_release := -O2 -g
CFLAGS_debug := -O0 -g
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DFY_SANITIZE
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
CFLAGS += -std=gnu11 $(CFLAGS_$(V)) $(WARN)
CPPFLAGS += -Isrc -Iinclude -I$(BUILD)/gen -MMD -MP -D_GNU_SOURCE
LDLIBS := -ldnnl -ljansson -lz -lm -lpthread -ldl

SRC := $(sort $(wildcard src/*/*.c))
OBJ := $(SRC:src/%.c=$(BUILD)/obj/%.o)
LIBOBJ := $(filter-out $(BUILD)/obj/cli/%,$(OBJ))
CLIOBJ := $(filter $(BUILD)/obj/cli/%,$(OBJ))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))

all: $(BUILD)/ferry ## build the program (default)

$(BUILD)/ferry: $(CLIOBJ) $(BUILD)/libferry.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/libferry.a: $(LIBOBJ)
	rm -f $@; ar rcs $@ $^
$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libferry.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(BUILD)/libferry.a -lcmocka $(LDLIBS)

# The schema table sorted by name, and the list of operator records found in src/ops (rewritten only when it changes).
$(BUILD)/gen/schema_lines.inc: src/ops/schemas.tsv tools/schema_lines.awk
	@mkdir -p $(@D)
	awk -f tools/schema_lines.awk $< | LC_ALL=C sort >$@.new && mv $@.new $@
$(BUILD)/gen/ops.list: FORCE
	@mkdir -p $(@D)
	@sed -n 's/^const fy_op \(fy_[A-Za-z0-9_]*\) = {$$/FY_RECORD(\1)/p' src/ops/*.c | LC_ALL=C sort >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
$(BUILD)/obj/ops/schema_table.o: $(BUILD)/gen/schema_lines.inc
$(BUILD)/obj/ops/table.o: $(BUILD)/gen/ops.list

unit: $(UNIT) ## run the unit tests
	@set -e; for t in $(UNIT); do $$t; done

clean: ## remove everything built
	rm -rf build
.PHONY: all unit clean FORCE
-include $(OBJ:.o=.d)
